# make        builds bothends
# make demo   compares the pair of captures below and prints the verdict
# make test   installs what the tests need if it is missing, and runs them all
# make bothcap        builds the recorder, which needs gcc and libpcap-dev
# make bench-capture  records the same traffic with bothcap and tcpdump (as root)

DEMO_CLIENT := fixtures/pairs/demo/client.pcap
DEMO_SERVER := fixtures/pairs/demo/server.pcap

# What `bothends compare` says of that pair: 1, interference proved.
DEMO_STATUS := 1

.PHONY: build bothcap bench-capture demo test setup clean

build:
	CGO_ENABLED=0 go build -trimpath -o bin/bothends ./cmd/bothends

bothcap:
	CGO_ENABLED=1 go build -trimpath -o bin/bothcap ./cmd/bothcap

bench-capture: bothcap
	@cmd/bothcap/bench/run bin/bothcap

demo: build
	@echo 'bin/bothends compare $(DEMO_CLIENT) $(DEMO_SERVER)'
	@status=0; bin/bothends compare $(DEMO_CLIENT) $(DEMO_SERVER) || status=$$?; \
	if [ $$status -ne $(DEMO_STATUS) ]; then \
		echo "make demo: exit status $$status where $(DEMO_STATUS) was expected" >&2; exit 1; \
	fi

test: setup
	go test ./...

setup:
	@.ci/setup

clean:
	rm -rf bin build
