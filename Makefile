# rollcall: build, check, install. `make help` lists the targets.
#
# Respected: CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR BUILD
# Switches:  WERROR=1 (warnings are errors), SANITIZE=1 (ASan and UBSan, into build/sanitize),
#            COVERAGE=1 (gcov's counters, into build/coverage)
# Of `make mutate`: MUTANTS (lists or names to try; all if unset)
# Of `make fuzz`: FUZZ_SECONDS (for each target), FUZZ_TARGETS, FUZZ_JOBS, FUZZ_CC

PREFIX     ?= /usr/local
BINDIR      = $(PREFIX)/bin
DATADIR     = $(PREFIX)/share/rollcall
DOCDIR      = $(PREFIX)/share/doc/rollcall
DOCS        = etc/rollcall.conf README.md LICENSE CHANGELOG.md SECURITY.md $(wildcard docs/*.md)
MANDIR      = $(PREFIX)/share/man
INSTALL    ?= install
PKG_CONFIG ?= pkg-config

BUILD := build
ifdef SANITIZE
BUILD := build/sanitize
endif
ifdef COVERAGE
BUILD := build/coverage
endif
ifdef FUZZ # for `make fuzz` itself
BUILD := build/fuzz
endif

CFLAGS ?= -O3 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes \
           -Wstrict-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef
# Not known to clang on every processor: asked once.
STACK_CLASH := $(shell $(CC) -Werror -fstack-clash-protection -fsyntax-only -x c /dev/null \
                 2> /dev/null && echo -fstack-clash-protection)
HARDEN   = -fstack-protector-strong $(STACK_CLASH) -fPIE
ifdef WERROR
WARNINGS += -Werror
endif
ifdef SANITIZE
HARDEN   = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDHARDEN = -fsanitize=address,undefined
else ifdef COVERAGE
# Not optimised, so that lines are counted where they stand; buffers are checked elsewhere.
CFLAGS   = -O0 -g
HARDEN   = --coverage
LDHARDEN = --coverage
else ifdef FUZZ
HARDEN   = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDHARDEN = -fsanitize=fuzzer,address,undefined
else
HARDEN  += -D_FORTIFY_SOURCE=2
LDHARDEN = -pie -Wl,-z,relro,-z,now
endif

LIB_PKGS  = libcurl yajl libconfig openssl
SIM_PKGS  = libmicrohttpd gnutls openssl libnghttp2
TEST_PKGS = cunit yajl

# `make V=1` shows the commands.
ifdef V
say =
else
.SILENT:
say = echo "  $(1)" $(2)
endif

pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1))

ALL_CFLAGS   = -std=c11 -D_GNU_SOURCE -Iinclude $(WARNINGS) $(HARDEN) -MMD -MP $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS  = $(LDHARDEN) $(LDFLAGS)
LIBS        := $(call pkg_libs,$(LIB_PKGS)) -lpthread

LIB_SRCS  := $(sort $(filter-out src/main.c,$(wildcard src/*/*.c)))
LIB_OBJS  := $(LIB_SRCS:%.c=$(BUILD)/%.o)
MAIN_OBJ  := $(BUILD)/src/main.o
SIM_SRCS  := $(sort $(wildcard tests/fleetsim/*.c))
SIM_OBJS  := $(SIM_SRCS:%.c=$(BUILD)/%.o)
E2E_LIB   := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/e2e/lib/*.c)))
UNIT_BINS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit_%,$(sort $(wildcard tests/unit/*.c)))
E2E_BINS  := $(patsubst tests/e2e/%.c,$(BUILD)/tests/e2e_%,$(sort $(wildcard tests/e2e/*.c)))
FUZZ_BINS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz_%,$(sort $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))))
FUZZ_LIB  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/fuzz/lib/*.c)))
ifndef FUZZ # libFuzzer brings a main() of its own
FUZZ_LIB  += $(BUILD)/tests/fuzz/replay.o
endif
MODEL     := $(BUILD)/tests/e2e_model
PRELOADS  := $(patsubst tests/interpose/%.c,$(BUILD)/tests/interpose_%.so,$(wildcard tests/interpose/*.c))

BENCH_BINS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/*.c)))

LIB  := $(BUILD)/librollcall.a
PROG := $(BUILD)/rollcall
SIM  := $(BUILD)/fleetsim

.PHONY: all analyze bench bench-tools conformance coverage check check-unit check-slow demo fuzz fuzz-targets lint schema format mutate install uninstall clean help tests

all: $(PROG) ## build the program

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

$(PROG): $(MAIN_OBJ) $(LIB)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) -o $@ $(MAIN_OBJ) $(LIB) $(LIBS)

# The same program, whose allocations a test can let fail.
TORTURE_PROG := $(BUILD)/rollcall-torture
TORTURE_OBJ  := $(BUILD)/tests/wrap/alloc.o
TORTURE_WRAP  = malloc calloc realloc reallocarray strdup vasprintf __vasprintf_chk curl_global_init
$(TORTURE_PROG): $(MAIN_OBJ) $(TORTURE_OBJ) $(LIB)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) $(TORTURE_WRAP:%=-Wl,--wrap=%) -o $@ $(MAIN_OBJ) $(TORTURE_OBJ) $(LIB) $(LIBS)

$(LIB): $(LIB_OBJS)
	@rm -f $@
	@$(call say,AR  ,$@)
	$(AR) rcs $@ $(LIB_OBJS)

$(SIM): $(SIM_OBJS)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) -o $@ $(SIM_OBJS) $(call pkg_libs,$(SIM_PKGS)) -lpthread

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@$(call say,CC  ,$<)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit_%: $(BUILD)/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIBS) $(call pkg_libs,$(TEST_PKGS))

$(BUILD)/tests/e2e_%: $(BUILD)/tests/e2e/%.o $(E2E_LIB)
	@mkdir -p $(@D)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(E2E_LIB) $(call pkg_libs,$(TEST_PKGS)) -lpthread

$(BUILD)/tests/fuzz_%: $(BUILD)/tests/fuzz/%.o $(FUZZ_LIB) $(LIB)
	@mkdir -p $(@D)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(FUZZ_LIB) $(LIB) $(LIBS)

# Libraries that a test preloads into the program: no sanitizer of their own.
$(BUILD)/tests/interpose_%.so: tests/interpose/%.c $(wildcard tests/interpose/*.h)
	@mkdir -p $(@D)
	@$(call say,LINK,$@)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -fPIC -shared $(LDFLAGS) -o $@ $< -ldl

$(BUILD)/tests/e2e_resolver $(BUILD)/tests/e2e_addresses: $(BUILD)/tests/interpose_resolver.so
$(BUILD)/tests/e2e_home_faults: $(BUILD)/tests/interpose_resolver.so
$(BUILD)/tests/e2e_torture $(BUILD)/tests/e2e_home_faults: $(BUILD)/tests/interpose_torture.so
$(BUILD)/tests/e2e_internal: $(BUILD)/tests/interpose_curl.so
$(BUILD)/tests/e2e_costs: $(BUILD)/tests/interpose_count.so

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@$(call say,LINK,$@)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BENCH_LIBS)

$(BUILD)/bench/gen: $(BUILD)/tests/fleetsim/certs.o $(BUILD)/tests/fleetsim/util.o
$(BUILD)/bench/gen: BENCH_LIBS = $(call pkg_libs,openssl)
$(BUILD)/bench/limit: BENCH_LIBS = $(call pkg_libs,libcurl yajl openssl)
$(BUILD)/bench/adverse: $(E2E_LIB)
$(BUILD)/bench/adverse: BENCH_LIBS = $(call pkg_libs,$(TEST_PKGS)) -lpthread

# Objects of tests are kept, so that only what changed is compiled again.
.SECONDARY:

# The model of the report is a script, which stands among the test programs by a link.
$(MODEL): tests/model/run
	@mkdir -p $(@D)
	ln -sf $(abspath $<) $@

tests: $(PROG) $(TORTURE_PROG) $(SIM) $(UNIT_BINS) $(E2E_BINS) $(MODEL) $(FUZZ_BINS) $(PRELOADS) ## build the program, the simulator and all tests

check: tests ## run all quick tests
	BUILD=$(BUILD) tests/run.sh quick

check-unit: $(UNIT_BINS) ## run the unit tests only
	BUILD=$(BUILD) tests/run.sh unit

check-slow: tests ## run the tests that take long as well
	BUILD=$(BUILD) tests/run.sh slow

fuzz: ## fuzz each target: make fuzz FUZZ_SECONDS=60 (needs clang)
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_TARGETS="$(FUZZ_TARGETS)" FUZZ_JOBS=$(FUZZ_JOBS) \
	    FUZZ_CC=$(FUZZ_CC) scripts/fuzz

fuzz-targets: $(FUZZ_BINS)

bench: ## measure rollcall against its goals and other programs: make bench BENCH="A C-http" RUNS=3
	BUILD=$(BUILD) scripts/bench $(BENCH)

bench-tools: $(PROG) $(SIM) $(BENCH_BINS)

demo: ## show rollcall on a simulated fleet
	scripts/demo

coverage: ## run all quick tests and count the lines and branches of src/ they reach
	scripts/coverage

mutate: ## make small mistakes in the code and see that the tests notice: make mutate MUTANTS=outfile
	scripts/mutate $(MUTANTS)

conformance: $(PROG) ## try the published specification: make conformance OPENAPI=FILE (needs npm)
	BUILD=$(BUILD) scripts/conformance $(OPENAPI)

schema: ## hold the report's schema against reports, in a strict validator (needs npm)
	BUILD=$(BUILD) scripts/check-schema

lint: ## check the dependencies' direction, the format, the shell scripts, the mutants' places
	scripts/lint

analyze: ## let clang-tidy, cppcheck and gcc's -fanalyzer look for mistakes
	scripts/analyze

format: ## let clang-format lay out the code
	clang-format -i $$(find src include tests -name '*.[ch]')

install: $(PROG) ## install below $(DESTDIR)$(PREFIX)
	$(INSTALL) -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(DOCDIR)" \
	    "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(MANDIR)/man5"
	$(INSTALL) -m 0755 $(PROG) "$(DESTDIR)$(BINDIR)/rollcall"
	$(INSTALL) -m 0644 etc/report.schema.json "$(DESTDIR)$(DATADIR)/report.schema.json"
	$(INSTALL) -m 0644 $(DOCS) "$(DESTDIR)$(DOCDIR)"
	$(INSTALL) -m 0644 man/rollcall.1 "$(DESTDIR)$(MANDIR)/man1/rollcall.1"
	$(INSTALL) -m 0644 man/rollcall.conf.5 "$(DESTDIR)$(MANDIR)/man5/rollcall.conf.5"

uninstall: ## remove what install put there
	rm -f "$(DESTDIR)$(BINDIR)/rollcall" "$(DESTDIR)$(DATADIR)/report.schema.json" \
	    "$(DESTDIR)$(MANDIR)/man1/rollcall.1" "$(DESTDIR)$(MANDIR)/man5/rollcall.conf.5" \
	    $(foreach doc,$(notdir $(DOCS)),"$(DESTDIR)$(DOCDIR)/$(doc)")
	rmdir "$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(DOCDIR)" 2>/dev/null || :

clean: ## remove build/
	rm -rf build

-include $(LIB_OBJS:.o=.d) $(MAIN_OBJ:.o=.d) $(SIM_OBJS:.o=.d) $(E2E_LIB:.o=.d) $(TORTURE_OBJ:.o=.d) $(FUZZ_LIB:.o=.d)
-include $(wildcard $(BUILD)/tests/unit/*.d $(BUILD)/tests/e2e/*.d $(BUILD)/tests/fuzz/*.d $(BUILD)/tests/bench/*.d)
