/** Imports point one way (docs/adr/0002): data, then derivations, then what runs them. */
const CONCERNS =
    "namespaces|network|cloud-controllers|cert-manager|mesh-authority|control-plane|certificates|identity|access|edge|gateways|traffic|egress|delivery|telemetry|observability|workloads";

/** Folders of commands' parts. */
const COMMANDS =
    "completion|delivery|diff|explain|graph|images|inventory|policy|preflight|status|up|upgrade|verify|workloads";

module.exports = {
    forbidden: [
        {
            name: "no-cycles",
            severity: "error",
            from: {},
            to: { circular: true },
        },
        {
            name: "verify-expects-by-itself",
            comment: "What derives routes and policies must not say what `mesh verify` expects of them.",
            severity: "error",
            from: { path: "^cli/verify/plan/" },
            to: {
                path: "^catalogue/(attempts|path-template)\\.ts$|^components/(access|edge|traffic|egress)/",
            },
        },
        {
            name: "config-is-a-leaf",
            comment: "A stack's configuration knows nothing of what is made of it.",
            severity: "error",
            from: { path: "^config/" },
            to: { path: "^(catalogue|components|policy|cli|local|test)/|^index\\.ts$" },
        },
        {
            name: "catalogue-is-a-leaf",
            comment: "The platform's description knows nothing of Kubernetes or Pulumi.",
            severity: "error",
            from: { path: "^catalogue/" },
            to: { path: "^(config|components|policy|cli|local|test)/|^index\\.ts$|^node_modules/@pulumi/" },
        },
        {
            name: "only-the-public-face-of-the-catalogue",
            comment:
                "Ask the catalogue through load, model, query and check; order, durations, attempts, rollout, requests and path-template are its vocabulary, and schema/catalogue is for the reference pages.",
            severity: "error",
            from: { pathNot: "^(catalogue|example|test)/" },
            to: {
                path: "^catalogue/",
                pathNot:
                    "^catalogue/(load|model|query|check|never|order|durations|attempts|rollout|path-template|requests|reserved-ports|client-headers|schema/catalogue)\\.ts$",
            },
        },
        {
            name: "concerns-do-not-know-each-other",
            comment:
                "What two concerns share belongs in components/shared, or in components/base if every concern needs it.",
            severity: "error",
            from: { path: `^components/(${CONCERNS})/` },
            to: { path: `^components/(${CONCERNS})/`, pathNot: "^components/$1/" },
        },
        {
            name: "base-knows-nothing-above-it",
            severity: "error",
            from: { path: "^components/base/" },
            to: { path: `^components/(shared|cluster|${CONCERNS})/` },
        },
        {
            name: "shared-knows-no-concern",
            severity: "error",
            from: { path: "^components/shared/" },
            to: { path: `^components/(${CONCERNS}|cluster)/` },
        },
        {
            name: "components-do-not-know-who-runs-them",
            severity: "error",
            from: { path: "^(components/|index\\.ts$)" },
            to: { path: "^(policy|cli|local|test)/" },
        },
        {
            name: "commands-do-not-know-each-other",
            comment:
                "What two commands share belongs in cli/lib. cli/commands starts them, and may combine several.",
            severity: "error",
            from: { path: `^cli/(${COMMANDS})/` },
            to: { path: `^cli/(${COMMANDS}|commands)/`, pathNot: "^cli/$1/" },
        },
        {
            name: "cli-lib-knows-no-command",
            severity: "error",
            from: { path: "^cli/lib/" },
            to: { path: `^cli/(${COMMANDS}|commands)/` },
        },
        {
            name: "the-pack-is-independent",
            comment: "It must catch a mistake in a derivation, so it shares no code with one.",
            severity: "error",
            from: { path: "^policy/" },
            to: { path: "^(config|catalogue|components|cli|local)/" },
        },
        {
            name: "local-lib-is-a-leaf",
            severity: "error",
            from: { path: "^local/lib/" },
            to: { path: "^(catalogue|config|components|policy|cli|local)/", pathNot: "^local/lib/" },
        },
        {
            name: "the-engine-needs-no-node",
            comment: "It deploys to any cluster.",
            severity: "error",
            from: { path: "^local/engine/" },
            to: { path: "^local/", pathNot: "^local/(engine|lib)/" },
        },
        {
            name: "the-toolchain-comes-first",
            comment: "Images consist of the toolchain's programs, and the node runs both.",
            severity: "error",
            from: { path: "^local/toolchain/" },
            to: { path: "^local/", pathNot: "^local/(toolchain|lib)/" },
        },
        {
            name: "images-need-no-node",
            severity: "error",
            from: { path: "^local/images/" },
            to: { path: "^local/", pathNot: "^local/(images|toolchain|lib)/" },
        },
        {
            name: "local-knows-neither-cli-nor-components",
            comment: "Any program can be deployed with it.",
            severity: "error",
            from: { path: "^local/" },
            to: { path: "^(cli|components)/" },
        },
        {
            name: "nothing-imports-tests",
            severity: "error",
            from: { pathNot: "^(test|bench)/" },
            to: { path: "^test/" },
        },
        {
            name: "no-unlisted-packages",
            severity: "error",
            from: {},
            to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
        },
        {
            name: "no-development-packages-at-run-time",
            severity: "error",
            from: { path: "^(config|catalogue|components|cli|local)/|^index\\.ts$" },
            to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
        },
        {
            name: "resolvable",
            severity: "error",
            from: {},
            to: { couldNotResolve: true },
        },
    ],
    options: {
        doNotFollow: { path: "node_modules" },
        tsPreCompilationDeps: true,
        tsConfig: { fileName: "tsconfig.json" },
        enhancedResolveOptions: {
            exportsFields: ["exports"],
            conditionNames: ["import", "require", "node", "default", "types"],
        },
    },
};
