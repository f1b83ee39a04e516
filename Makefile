# make        builds bothends
# make demo   compares the pair of captures below and prints the verdict
# make test   installs what the tests need if it is missing, and runs them all

DEMO_CLIENT := fixtures/pairs/demo/client.pcap
DEMO_SERVER := fixtures/pairs/demo/server.pcap

# What `bothends compare` says of that pair: 1, interference proved.
DEMO_STATUS := 1

.PHONY: build demo test setup clean

build:
	CGO_ENABLED=0 go build -trimpath -o bin/bothends ./cmd/bothends

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
