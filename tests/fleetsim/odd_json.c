#include "odd_json.h"

#include <string.h>

#define TEN_MEGABYTES (10u << 20)
#define MEBIBYTE      (1u << 20)
#define LEVELS        200000u
#define DIGITS        5000u

/* Where the oddity goes. */
enum place_of_odd {
    ODD_MEMBER,  /* before "data" */
    ODD_RECORD,  /* first in the first record */
    ODD_ITEM,    /* before the first record */
    ODD_INSTEAD, /* of all */
    ODD_BEFORE,
    ODD_BEHIND
};

/* text, then `unit` so many times, then the rest of the text. */
static const struct {
    const char *name, *class;
    enum place_of_odd place;
    const char *before, *unit;
    size_t count;
    const char *behind;
} odds[] = {
    {"string_1m", NULL, ODD_MEMBER, "\"odd\":\"", "x", MEBIBYTE, "\","},
    {"string_10m", "too_large", ODD_MEMBER, "\"odd\":\"", "x", TEN_MEGABYTES, "\","},
    {"string_in_record", "too_large", ODD_RECORD, "\"odd\":\"", "x", TEN_MEGABYTES, "\","},
    {"name_10m", "too_large", ODD_RECORD, "\"name\":\"", "x", TEN_MEGABYTES, "\","},
    {"escapes_10m", "too_large", ODD_RECORD, "\"odd\":\"", "\\u0041", TEN_MEGABYTES / 6, "\","},
    {"key_1m", NULL, ODD_RECORD, "\"", "k", MEBIBYTE, "\":1,"},
    {"key_10m", "too_large", ODD_MEMBER, "\"", "k", TEN_MEGABYTES, "\":1,"},
    {"key_in_record", "too_large", ODD_RECORD, "\"", "k", TEN_MEGABYTES, "\":1,"},
    {"number_10m", "too_large", ODD_RECORD, "\"odd\":", "7", TEN_MEGABYTES, ","},
    {"blanks_10m", NULL, ODD_MEMBER, "", " \n", TEN_MEGABYTES / 2, ""},
    {"many_keys", NULL, ODD_RECORD, "", "\"odd\":[null,{}],", 200000, ""},
    {"digits", NULL, ODD_RECORD, "\"odd\":", "7", DIGITS, ","},
    {"digits_bad", "bad_json", ODD_RECORD, "\"odd\":0", "7", DIGITS, ","},
    {"nested_unknown", "bad_json", ODD_MEMBER, "\"odd\":", "[", LEVELS, "],"},
    {"nested_objects", "bad_json", ODD_RECORD, "\"odd\":", "{\"a\":", LEVELS, "1,"},
    {"nested_known", "bad_json", ODD_RECORD, "\"images\":", "[", LEVELS, "],"},
    {"nested_record", "bad_shape", ODD_ITEM, "", "[", LEVELS, "],"},
    {"nested_all", "bad_shape", ODD_INSTEAD, "", "[", LEVELS, ""},
    {"nul_in_string", "bad_json", ODD_RECORD, "\"odd\":\"a\1b\",", "", 0, ""},
    {"nul_in_name", "bad_json", ODD_RECORD, "\"name\":\"a\1b\",", "", 0, ""},
    {"nul_between", "bad_json", ODD_RECORD, "\1", "", 0, ""},
    {"nul_escapes", NULL, ODD_RECORD, "\"\\u0000\":\"", "\\u0000", 1000, "\","},
    {"newline_in_string", "bad_json", ODD_RECORD, "\"odd\":\"a\nb\",", "", 0, ""},
    {"surrogates", NULL, ODD_RECORD, "\"odd\":\"", "\\ud800", 1000, "\\udc00\\udc00\","},
    {"bytes", NULL, ODD_RECORD, "\"odd\":\"", "\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xc3", 1000,
     "\","},
    {"bytes_in_key", NULL, ODD_RECORD, "\"", "\xff\xc0\xaf", 1000, "\":1,"},
    {"bytes_between", "bad_json", ODD_RECORD, "\xff", "", 0, ""},
    {"two_boms", "not_json", ODD_BEFORE, "\xef\xbb\xbf\xef\xbb\xbf", "", 0, ""},
    {"utf16", "not_json", ODD_INSTEAD, "\xff\xfe{\1\"\1d\1", "", 0, ""},
    {"nul_only", "not_json", ODD_INSTEAD, "\1", "\1", 100000, ""},
    {"blanks_only", "not_json", ODD_INSTEAD, "", " ", 100000, ""},
    {"blanks_odd", "bad_json", ODD_RECORD, "\f", "", 0, ""},
    {"blanks_around", NULL, ODD_BEHIND, "", "\r\n\t ", 100000, ""},
    {"two_documents", "bad_json", ODD_BEHIND, "{\"data\":[]}", "", 0, ""},
    {"two_lines", "bad_json", ODD_BEHIND, "\n{\"data\":[]}\n", "", 0, ""},
    {"trailing_bracket", "bad_json", ODD_BEHIND, "}", "", 0, ""},
    {"trailing_text", "bad_json", ODD_BEHIND, "garbage", "", 0, ""},
    {"trailing_quote", "bad_json", ODD_BEHIND, "\"", "", 0, ""},
    {"trailing_nul", "bad_json", ODD_BEHIND, "\1", "", 0, ""},
    {"comment", "bad_json", ODD_RECORD, "/* no comment */", "", 0, ""},
    {"nan", "bad_json", ODD_RECORD, "\"odd\":NaN,", "", 0, ""},
};

bool odd_json_find(const char *name, struct fault *fault)
{
    for (size_t i = 0; i < sizeof odds / sizeof odds[0]; i++)
        if (strcmp(odds[i].name, name) == 0) {
            fault->number = (long)i;
            fault->class = odds[i].class;
            return true;
        }
    return false;
}

static size_t find_place(const struct text *content, enum place_of_odd place)
{
    static const char *const marks[] = {
        [ODD_MEMBER] = "{", [ODD_RECORD] = "[{", [ODD_ITEM] = "[", [ODD_BEFORE] = ""};
    if (place == ODD_INSTEAD || place == ODD_BEHIND)
        return content->len;
    const char *mark = strstr(content->data, marks[place]);
    if (mark == NULL)
        die("odd_json: no place in an empty list");
    return (size_t)(mark - content->data) + strlen(marks[place]);
}

void odd_json_apply(struct text *content, const struct fault *fault)
{
    size_t which = (size_t)fault->number;
    struct text out = {0};
    text_add(content, "", 0);
    size_t at = find_place(content, odds[which].place);
    if (odds[which].place != ODD_INSTEAD)
        text_add(&out, content->data, at);
    size_t begin = out.len, unit_len = strlen(odds[which].unit);
    text_puts(&out, odds[which].before);
    for (size_t i = 0; i < odds[which].count; i++)
        text_add(&out, odds[which].unit, unit_len);
    text_puts(&out, odds[which].behind);
    /* In the table, \1 stands for NUL. */
    for (size_t i = begin; i < out.len; i++)
        if (out.data[i] == '\1')
            out.data[i] = '\0';
    text_add(&out, content->data + at, content->len - at);
    text_free(content);
    *content = out;
}
