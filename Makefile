# Confab. `make run` shows the system, `make test` proves it, `make help` lists the rest.
# Flavours: B=release (default), B=test (test clock, reply checks), B=asan (test + ASan, UBSan).

B ?= release
OUT := build/$(B)
PROGS := auth people advisors sessions chat events admin ops worker confab
PORT ?= 8080

CC = gcc
PKGS := libpq json-c libjwt libcurl libargon2 libsystemd libcrypto
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
    -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef \
    -Wimplicit-fallthrough -Wtrampolines $(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE
FLAGS_release := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero
FLAGS_test := $(FLAGS_release) -DCONFAB_TEST
FLAGS_asan := -O1 -DCONFAB_TEST -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer
FLAGS_tsan := -O1 -DCONFAB_TEST -fsanitize=thread
CFLAGS = -std=gnu11 -g -D_GNU_SOURCE -Ilib $(WARN) $(HARDEN) $(FLAGS_$(B)) \
    $(shell pkg-config --cflags $(PKGS))
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(filter -fsanitize=%,$(FLAGS_$(B)))
LDLIBS = $(shell pkg-config --libs $(PKGS)) -lfcgi -lm -pthread

LIB_SRC := $(wildcard lib/*/*.c lib/domain/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(OUT)/%.o)
ifneq ($(V),1)
Q := @
say = @printf '  %-6s %s\n' $(1) $(2)
endif

.PHONY: all
all: $(PROGS:%=$(OUT)/bin/%)

$(OUT)/libconfab.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# A program is its file and those named after it: admin.c, admin_user.c.
.SECONDEXPANSION:
$(OUT)/bin/%: $$(patsubst %.c,$(OUT)/%.o,$$(wildcard cgi-bin/$$*.c cgi-bin/$$*_*.c)) \
    $(OUT)/libconfab.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(OUT)/libconfab.a $(LDLIBS) -o $@

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
