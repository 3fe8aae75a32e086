import { Command } from "commander";
import { lazily } from "../lazily";

export interface ExplainOptions {
    readonly port?: string;
    readonly path?: string;
    readonly method?: string;
    readonly header?: readonly string[];
    readonly stack: string;
    readonly rendered?: string;
    readonly json?: true;
}

export function explainCommand(): Command {
    return new Command("explain")
        .description(
            "whether one may ask another, and by which objects; needs no cluster; exits with 1 if not",
        )
        .argument(
            "<source>",
            "a service, a gateway (public, admin, internal), namespace/account, stranger or unmeshed",
        )
        .argument("<destination>", "a service, a store, an external group or a host outside")
        .option("--port <port>", "a name or a number (default: every port)")
        .option("--path <path>", "/v1/alerts, or /package.Service/Method (default: all that the port offers)")
        .option("--method <verb>", "of HTTP (default: GET, and POST for gRPC)")
        .option("--header <header...>", 'a header of the request, as "name: value"')
        .option("-s, --stack <stack>", "the stack whose objects are judged", "prod")
        .option("--rendered <folder>", "judge the files of this folder instead, as `mesh render` writes them")
        .option("--json", "report as JSON")
        .action((source: string, destination: string, options: ExplainOptions) => {
            const { runExplain } = lazily<typeof import("./run/explain")>(__filename, "./run/explain");
            runExplain(source, destination, options);
        });
}
