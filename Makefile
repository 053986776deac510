# make install [PREFIX=/usr/local] puts the command into PREFIX/bin, the shipped data into PREFIX/share/myelin, and the
# completions where bash, zsh and fish look for them. The C library alone: make -C CKernels install.

PREFIX ?= /usr/local
# A command that is built already.
BINARY ?=

installed = $(DESTDIR)$(PREFIX)
data = Sources/MyelinModels/Resources
completions = $(installed)/share/bash-completion/completions/myelin \
  $(installed)/share/zsh/site-functions/_myelin $(installed)/share/fish/vendor_completions.d/myelin.fish

.PHONY: install uninstall

install:
ifeq ($(BINARY),)
	swift build -c release --product myelin
endif
	install -d $(installed)/bin $(installed)/share/myelin/licenses $(dir $(completions))
	install $(or $(BINARY),"$$(swift build -c release --show-bin-path)/myelin") $(installed)/bin/myelin
	install -m 644 $(wildcard $(data)/*.*) $(installed)/share/myelin
	install -m 644 $(wildcard $(data)/licenses/*) $(installed)/share/myelin/licenses
	$(installed)/bin/myelin --generate-completion-script bash > $(word 1,$(completions))
	$(installed)/bin/myelin --generate-completion-script zsh > $(word 2,$(completions))
	$(installed)/bin/myelin --generate-completion-script fish > $(word 3,$(completions))

uninstall:
	rm -rf $(installed)/bin/myelin $(installed)/share/myelin $(completions)
