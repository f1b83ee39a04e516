# make                builds bothends
# make demo           compares the pair of captures below and prints the verdict
# make test           installs what the tests need if it is missing, and runs them all
# make bothcap        builds the recorder, which needs gcc and libpcap-dev
# make install        installs both programs with manual pages and completion below
#                     PREFIX (/usr/local), for packages below DESTDIR;
#                     install-bothends and install-bothcap install one
# make deb            makes Debian packages of both in build/
# make profile        measures where a comparison spends its time, by which Go then
#                     builds bothends (https://go.dev/doc/pgo)
# make bench          compares large pairs, in turns with tcpdump, which only reads them
# make bench-capture  records the same traffic with bothcap and tcpdump (as root)
# make stress         makes every capture of the fixtures two-ended again in many
#                     ways, PAIRS=30000 of them from SEED=1 on, and counts who is accused
# make dataset        packs the labelled pairs of captures, with their checksums
# make lab            runs real mail sessions through a middlebox and checks every
#                     verdict; SCENARIO=name runs one, KEEP=folder keeps its
#                     captures, TIMES=n runs it n times, LOG=false records without
#                     the kernel's log of resets (Linux, root)

# The case that this project comes from, recorded in the lab.
DEMO_CLIENT := fixtures/pairs/starttls-2012/client.pcapng
DEMO_SERVER := fixtures/pairs/starttls-2012/server.pcapng

# What `bothends compare` says of that pair: 1, interference proved.
DEMO_STATUS := 1

BIN ?= bin
PREFIX ?= /usr/local
ZSH_FUNCTIONS ?= $(PREFIX)/share/zsh/site-functions
SYSTEMD_UNITS ?= $(PREFIX)/lib/systemd/system

.PHONY: build bothcap install install-bothends install-bothcap deb profile bench bench-capture dataset demo lab stress test setup clean

build:
	CGO_ENABLED=0 go build -trimpath -o $(BIN)/bothends ./cmd/bothends

bothcap:
	CGO_ENABLED=1 go build -trimpath -o $(BIN)/bothcap ./cmd/bothcap

install: install-bothends install-bothcap

# With NO_BUILD what is in BIN is installed as it is: root should install, and
# need not compile.
install-bothends: $(if $(NO_BUILD),,build)
	$(call install,bothends)

install-bothcap: $(if $(NO_BUILD),,bothcap)
	$(call install,bothcap)
	install -d '$(DESTDIR)$(SYSTEMD_UNITS)'
	for unit in bothcap@ bothcap-watch@; do \
		sed 's|@BINDIR@|$(PREFIX)/bin|' packaging/$$unit.service >"$(DESTDIR)$(SYSTEMD_UNITS)/$$unit.service" && \
		chmod 644 "$(DESTDIR)$(SYSTEMD_UNITS)/$$unit.service" || exit 1; \
	done

# The program itself prints what is installed with it.
define install
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(ZSH_FUNCTIONS)' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions' '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	install -m 755 $(BIN)/$(1) '$(DESTDIR)$(PREFIX)/bin/$(1)'
	umask 022 && $(BIN)/$(1) --manual | gzip -9n >'$(DESTDIR)$(PREFIX)/share/man/man1/$(1).1.gz'
	umask 022 && $(BIN)/$(1) --completion bash >'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$(1)'
	umask 022 && $(BIN)/$(1) --completion zsh >'$(DESTDIR)$(ZSH_FUNCTIONS)/_$(1)'
	umask 022 && $(BIN)/$(1) --completion fish >'$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$(1).fish'
endef

deb: build bothcap
	BIN=$(BIN) packaging/deb build

profile:
	go test -run '^$$' -bench Compare -benchtime 20x -cpuprofile cmd/bothends/default.pgo -o bin/profiled.test ./correlate
	rm bin/profiled.test

bench: build
	@cmd/bothends/bench/run bin/bothends

bench-capture: bothcap
	@cmd/bothcap/bench/run bin/bothcap

demo: build
	@echo 'bin/bothends compare $(DEMO_CLIENT) $(DEMO_SERVER)'
	@status=0; bin/bothends compare $(DEMO_CLIENT) $(DEMO_SERVER) || status=$$?; \
	if [ $$status -ne $(DEMO_STATUS) ]; then \
		echo "make demo: exit status $$status where $(DEMO_STATUS) was expected" >&2; exit 1; \
	fi

# Sorted, without owners and times, so that the same source gives the same archive.
dataset:
	rm -rf build/bothends-pairs && mkdir -p build/bothends-pairs
	cp -r fixtures/synthetic fixtures/pairs fixtures/cases fixtures/README.md LICENSE CITATION.cff build/bothends-pairs/
	cd build/bothends-pairs && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs -d '\n' sha256sum >SHA256SUMS
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=u+rwX,go+rX,go-w -C build -cf - bothends-pairs | gzip -n >build/bothends-pairs.tar.gz

lab: setup build bothcap
	go build -trimpath -o bin/lab ./fixtures/lab/cmd/lab
	bin/lab --compare bin/bothends --recorder bin/bothcap $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(KEEP),--keep $(KEEP)) $(if $(TIMES),--times $(TIMES)) $(if $(LOG),--kernel-log=$(LOG))

PAIRS ?= 30000
SEED ?= 1
stress:
	go test ./correlate -run TestCapturesMadeTwoEndedAgain -v -timeout 0 -stress $(PAIRS) -stress.seed $(SEED)

# The lab comes last and alone: its servers and its middlebox keep real time. Its
# output is shown, so that a skip is seen.
test: setup
	go test -timeout 20m $$(go list ./... | grep -v /fixtures/lab$$)
	go test -v -timeout 20m ./fixtures/lab

setup:
	@.ci/setup

clean:
	rm -rf bin build
