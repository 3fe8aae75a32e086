package main

import (
	"errors"
	"fmt"
	"strings"
)

// errHelp is returned when help was requested.
var errHelp = errors.New("help requested")

// usageError is invalid input, with all its errors.
type usageError struct{ errs []error }

// flagError combines the errors of flags; nil if there are none.
func flagError(errs []error) error {
	if len(errs) == 1 && errors.Is(errs[0], errHelp) {
		return errHelp
	}
	if len(errs) > 0 {
		return usageError{errs}
	}
	return nil
}

func (e usageError) Error() string { return errors.Join(e.errs...).Error() }

// flagSpec is one `--name value` flag. Unlike the flag package, parseFlags parses all flags and returns all errors.
type flagSpec struct {
	name     string
	required bool
	repeated bool
	set      func(value string) error
}

// parseFlags applies args to specs and returns all errors.
func parseFlags(specs []flagSpec, args []string) []error {
	var errs []error
	byName := make(map[string]flagSpec, len(specs))
	for _, s := range specs {
		byName[s.name] = s
	}
	seen := map[string]int{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--help" || arg == "-h" {
			return []error{errHelp}
		}
		name, isFlag := strings.CutPrefix(arg, "--")
		if !isFlag || name == "" {
			errs = append(errs, fmt.Errorf("unexpected argument %q", arg))
			continue
		}
		name, value, hasValue := strings.Cut(name, "=")
		if !hasValue && i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
			i++
			value, hasValue = args[i], true
		}
		spec, known := byName[name]
		if !known {
			errs = append(errs, fmt.Errorf("unknown flag --%s", name))
			continue
		}
		seen[name]++
		switch {
		case !hasValue:
			errs = append(errs, fmt.Errorf("--%s needs a value", name))
		case seen[name] == 2 && !spec.repeated:
			errs = append(errs, fmt.Errorf("--%s is given more than once", name))
		case seen[name] > 2 && !spec.repeated:
		default:
			if err := spec.set(value); err != nil {
				errs = append(errs, fmt.Errorf("--%s %q: %w", name, value, err))
			}
		}
	}
	for _, s := range specs {
		if s.required && seen[s.name] == 0 {
			errs = append(errs, fmt.Errorf("--%s is required", s.name))
		}
	}
	return errs
}
