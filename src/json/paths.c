#include "read_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/swar.h"

struct json_paths {
    struct arena *arena;
    struct json_node root;
    unsigned count; /* nodes */
};

static struct json_node *node_new(struct json_paths *paths)
{
    struct json_node *node = arena_alloc(paths->arena, sizeof *node);
    node->id = -1;
    node->index = paths->count++;
    return node;
}

static struct json_node *element_of(struct json_paths *paths, struct json_node *node)
{
    if (node->element == NULL)
        node->element = node_new(paths);
    return node->element;
}

static struct json_node *member_of(struct json_paths *paths, struct json_node *node,
                                   const char *key, size_t len)
{
    struct json_node **link = &node->members;
    for (; *link != NULL; link = &(*link)->next)
        if ((*link)->len == len && memcmp((*link)->key, key, len) == 0)
            return *link;
    *link = node_new(paths);
    (*link)->key = arena_copy(paths->arena, key, len);
    (*link)->len = len;
    return *link;
}

/* The key at the front of `at`; returns how much of the path it takes, quotes included. */
static size_t read_key(const char *at, const char **key, size_t *len)
{
    bool is_quoted = *at == '"';
    *key = is_quoted ? at + 1 : at;
    *len = strcspn(*key, is_quoted ? "\"" : ".[");
    assert(*len > 0 && (!is_quoted || (*key)[*len] == '"'));
    return is_quoted ? *len + 2 : *len;
}

static void add_row(struct json_paths *paths, const struct json_path *row)
{
    struct json_node *node = &paths->root;
    const char *at = row->path;
    while (*at != '\0') {
        if (strncmp(at, "[]", 2) == 0) {
            node = element_of(paths, node);
            at += 2;
        } else {
            const char *key;
            size_t len, taken = read_key(at, &key, &len);
            node = member_of(paths, node, key, len);
            at += taken;
        }
        if (*at == '.')
            at++;
    }
    assert(row->id >= 0 && node->id < 0);
    node->id = row->id;
}

struct json_paths *json_paths_new(const struct json_path *rows, size_t count)
{
    struct json_paths *paths = mem_new(1, sizeof *paths);
    paths->arena = arena_new();
    paths->root.id = -1;
    paths->count = 1;
    for (size_t i = 0; i < count; i++)
        add_row(paths, &rows[i]);
    return paths;
}

void json_paths_free(struct json_paths *paths)
{
    if (paths == NULL)
        return;
    arena_free(paths->arena);
    free(paths);
}

const struct json_node *json_paths_root(const struct json_paths *paths)
{
    return &paths->root;
}

size_t json_paths_count(const struct json_paths *paths)
{
    return paths->count;
}

bool json_node_has_key(const struct json_node *node, const char *key, size_t len)
{
    return node->len == len && swar_equals(node->key, key, len);
}

const struct json_node *json_node_member(const struct json_node *node, const char *key, size_t len)
{
    for (const struct json_node *member = node->members; member != NULL; member = member->next)
        if (json_node_has_key(member, key, len))
            return member;
    return NULL;
}
