# Confab. `make run` shows the system, `make test` proves it, `make help` lists the rest.
# Flavours: B=release (default), B=dev (of `make run`: its clock can be moved), B=test (dev + failpoints, reply
# checks), B=asan (test + ASan, UBSan), B=tsan (test + TSan), B=fuzz (clang, libFuzzer). V=1 shows commands. T=name runs one test.

VERSION := 0.1.0
B ?= release
OUT := build/$(B)
PROGS := $(shell sed -n 's/^PROGRAM.\([a-z]*\),.*/\1/p' lib/web/program.def)
PORT ?= 8080
DEMO := build/demo

CC = gcc
PKGS := libpq json-c libjwt libcurl libargon2 liboath libsystemd libcrypto
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
    -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef \
    -Wimplicit-fallthrough -Wtrampolines $(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE
FLAGS_release := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero
FLAGS_dev := $(FLAGS_release) -DCONFAB_CLOCK
FLAGS_test := $(FLAGS_dev) -DCONFAB_TEST
FLAGS_asan := -O1 -DCONFAB_TEST -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer
FLAGS_fuzz := -O1 -DCONFAB_TEST -fsanitize=address,undefined -fsanitize=fuzzer-no-link \
    -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-unknown-warning-option \
    -Wno-missing-field-initializers -Wno-gnu -Wno-string-conversion
FLAGS_tsan := -O1 -DCONFAB_TEST -fsanitize=thread
CFLAGS = -std=gnu11 -g -D_GNU_SOURCE -Ilib -Itests $(WARN) $(HARDEN) $(FLAGS_$(B)) \
    $(shell pkg-config --cflags $(PKGS))
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(filter -fsanitize=%,$(FLAGS_$(B)))
LDLIBS = $(shell pkg-config --libs $(PKGS)) -lfcgi -lwslay -lcrypt -lm -pthread

LIB_SRC := $(wildcard lib/*/*.c lib/domain/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(OUT)/%.o)
ifneq ($(V),1)
Q := @
say = @printf '  %-6s %s\n' $(1) $(2)
endif

.DEFAULT_GOAL := all
.PHONY: all tests fuzzers load FORCE
all: $(PROGS:%=$(OUT)/bin/%) ## build the programs

$(OUT)/libconfab.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# Only version.c knows the release and the newest migration, and is compiled again when they change.
SCHEMA := $(firstword $(subst _, ,$(notdir $(lastword $(sort $(wildcard sql/[0-9]*_*.sql))))))
$(OUT)/version: FORCE; @mkdir -p $(@D); echo '$(VERSION) $(SCHEMA)' | cmp -s - $@ || echo '$(VERSION) $(SCHEMA)' >$@
$(OUT)/lib/base/version.o: CFLAGS += -DCONFAB_VERSION='"$(VERSION)"' -DCONFAB_SCHEMA='(1$(SCHEMA) - 10000)'
$(OUT)/lib/base/version.o: $(OUT)/version

# A program is its file and those named after it: admin.c, admin_user.c.
prog_obj = $(patsubst %.c,$(OUT)/%.o,$(wildcard cgi-bin/$(1).c cgi-bin/$(1)_*.c))
.SECONDEXPANSION:
$(OUT)/bin/%: $$(call prog_obj,$$*) $(OUT)/libconfab.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(OUT)/libconfab.a $(LDLIBS) -o $@

# A test is one file; what tests share is in tests/harness/*.c.
UNIT := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
DB := $(patsubst %.c,$(OUT)/%,$(wildcard tests/db/test_*.c))
HTTP := $(patsubst %.c,$(OUT)/%,$(wildcard tests/http/test_*.c))
BENCH := $(OUT)/tests/bench/load
ORDER := $(OUT)/tests/harness/order/order
FUZZ := $(patsubst %.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
HARNESS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/harness/*.c))
.SECONDARY:

$(UNIT) $(DB) $(HTTP) $(ORDER): %: %.o $(HARNESS) $(OUT)/libconfab.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

# The load client of `make bench`.
$(BENCH): $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/bench/*.c)) $(OUT)/tests/harness/testdb.o $(OUT)/libconfab.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

$(FUZZ): %: %.o $(OUT)/libconfab.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer $^ $(LDLIBS) -o $@

tests: all $(UNIT) $(DB) $(HTTP) $(BENCH) $(ORDER)
fuzzers: $(FUZZ)
load: all $(BENCH) $(ORDER)

# The scripts call make again for what they need, each flavour by itself.
SCRIPT = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL MAKE='$(MAKE)' PORT='$(PORT)' T='$(T)' V='$(V)'
.PHONY: run start stop status tour clock
run: ## install what is missing, build, start on PORT (8080), stop on Ctrl-C
	@$(SCRIPT) tests/harness/demo.sh run $(DEMO)
start: ## the same in the background; returns when /readyz answers 200
	@$(SCRIPT) tests/harness/demo.sh start $(DEMO)
stop: ; @tests/harness/stack.sh stop $(DEMO) ## stop what run or start left running
status: ; @tests/harness/stack.sh status $(DEMO) ## what of it runs
tour: ; @tests/harness/tour.sh $(DEMO)/env ## the main job with curl, step by step, against the running system
clock: ; @BIN=build/dev/bin tests/harness/stack.sh clock $(DEMO) $(BY) ## its time moves on: make clock BY=90s (30m, 2h, 1d)

.PHONY: test check unit db http panel lint boot fuzz asan tsan soak format mutants bench deps openapi migrate install uninstall clean help
test: ## install what tests need, run all, end with the counts
	@$(SCRIPT) tests/harness/run.sh all
check: ## the quick part, for every edit: unit, db, lint
	@$(SCRIPT) tests/harness/run.sh unit db lint
unit db http panel lint boot: ## one part of the tests (T=name: one test)
	@$(SCRIPT) tests/harness/run.sh $@
asan: ## unit, db and http under the address and undefined behaviour sanitizers
	@$(SCRIPT) B=asan tests/harness/run.sh unit db http
tsan: ## what the events program and its threads do, under the thread sanitizer
	@$(SCRIPT) B=tsan T='$(or $(T),events* presence chat* messages state sse ws)' tests/harness/run.sh http
fuzz: ## each fuzz target for FUZZ_S seconds (60)
	@$(SCRIPT) FUZZ_S='$(or $(FUZZ_S),60)' tests/harness/run.sh fuzz
soak: ## what the tests show small at full size; mixed traffic for SOAK_S seconds (600)
	@$(SCRIPT) SOAK_S='$(or $(SOAK_S),600)' tests/harness/run.sh soak
format: ; @find lib cgi-bin tests -name '*.[ch]' | xargs clang-format -i ## every C file as .clang-format says
mutants: ; @$(SCRIPT) node tests/mutants/run.mjs run ## careless changes one at a time: which tests notice (T=name)
bench: ## reads and chat a second beside peers, as tables (T=peers: one of them)
	@$(SCRIPT) tests/harness/bench.sh

deps: ## install what building and running takes
	@tests/harness/deps.sh run
openapi: $(OUT)/share/api/openapi.json ## write the API description under build/
$(OUT)/share/api/openapi.json: $(PROGS:%=$(OUT)/bin/%) $(wildcard templates/docs/*)
	@mkdir -p $(@D)
	@rm -rf $(@D)/docs && TEMPLATE_DIR=templates $(OUT)/bin/confab docs $(OUT)/bin $(@D)/docs
	@TEMPLATE_DIR=templates $(OUT)/bin/confab openapi $(OUT)/bin >$@.new && mv $@.new $@
migrate: all ## bring the database of CONFAB_CONF or DATABASE_URL up to date
	@SQL_DIR=sql $(OUT)/bin/confab migrate

PREFIX ?= /usr
D = $(DESTDIR)
SHARE = $(D)$(PREFIX)/share/confab
UNITS = $(D)$(PREFIX)/lib/systemd/system
SITE = $(D)/etc/nginx/sites-available/confab
install: all openapi ## programs, nginx, systemd, sql, templates under DESTDIR
	rm -rf $(UNITS)/confab@* $(UNITS)/confab.target.wants
	install -d $(D)$(PREFIX)/lib/confab $(D)$(PREFIX)/sbin $(D)/etc/confab $(D)/etc/nginx/confab $(dir $(SITE)) \
	    $(UNITS)/confab.target.wants $(addprefix $(D)$(PREFIX)/lib/,sysusers.d tmpfiles.d) $(SHARE)/sql/code
	install -m 755 $(filter-out %/confab,$(PROGS:%=$(OUT)/bin/%)) $(D)$(PREFIX)/lib/confab
	install -m 755 $(OUT)/bin/confab $(D)$(PREFIX)/sbin
	install -m 644 sql/*.sql $(SHARE)/sql
	install -m 644 sql/code/*.sql $(SHARE)/sql/code
	cp -R --no-preserve=ownership templates $(SHARE)/ && chmod -R u=rwX,go=rX $(SHARE)/templates
	cp -R --no-preserve=ownership $(OUT)/share/api $(SHARE)/ && chmod -R u=rwX,go=rX $(SHARE)/api
	install -m 644 $(filter-out nginx/site.conf,$(wildcard nginx/*)) $(D)/etc/nginx/confab
	test -e $(SITE) || install -m 644 nginx/site.conf $(SITE)
	cp -R --no-preserve=ownership systemd/confab.target systemd/confab@* $(UNITS) && chmod -R u=rwX,go=rX $(UNITS)/confab[.@]*
	install -m 644 systemd/confab.sysusers $(D)$(PREFIX)/lib/sysusers.d/confab.conf
	set -e; for name in $(filter-out confab,$(PROGS)); do ln -s ../confab@.service $(UNITS)/confab.target.wants/confab@$$name.service; \
	    printf 'u confab-%s - - - -\nm confab-%s confab\n' $$name $$name >>$(D)$(PREFIX)/lib/sysusers.d/confab.conf; done
	install -m 644 systemd/confab.tmpfiles $(D)$(PREFIX)/lib/tmpfiles.d/confab.conf
	install -m 640 systemd/confab.conf.example $(D)/etc/confab
	sed -i --follow-symlinks 's#/usr/\(lib\|sbin\|share\)/confab#$(PREFIX)/\1/confab#' $(D)/etc/confab/*.example \
	    $(D)/etc/nginx/confab/*.conf $(UNITS)/confab@*.service $(UNITS)/confab@*.d/*
uninstall: ## all of that but the site: what is yours stays
	rm -rf $(D)$(PREFIX)/lib/confab $(D)$(PREFIX)/sbin/confab $(SHARE) $(UNITS)/confab[@.]* \
	    $(D)$(PREFIX)/lib/sysusers.d/confab.conf $(D)$(PREFIX)/lib/tmpfiles.d/confab.conf \
	    $(D)/etc/nginx/confab $(D)/etc/confab/confab.conf.example

clean: ## remove build/ (stop first)
	@tests/harness/stack.sh stop $(DEMO)
	rm -rf build
help: ## this list
	@sed -n 's/^\([a-z ]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-24s %s\n", $$1, $$2 }'

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
