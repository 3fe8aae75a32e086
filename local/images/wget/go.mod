module sparc.dev/mesh/images/wget

go 1.24
