// Empty on purpose: in a package with an assembly file Go lets functions have no body, as those of run.go that are linked to.
