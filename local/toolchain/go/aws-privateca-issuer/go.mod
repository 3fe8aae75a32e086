// Pins the module that components/crds and components/charts are generated from. The node does not run the program.
module sparc.dev/mesh/toolchain/aws-privateca-issuer

go 1.26.6

require github.com/cert-manager/aws-privateca-issuer v1.10.1
