import { ended, EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { fields, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface PlainText extends Exception {
    /** @default PERMISSIVE */
    readonly mode?: "PERMISSIVE" | "DISABLE";
}

interface Config {
    readonly exceptions: readonly PlainText[];
}

export const noPlaintext = objectRule<Config>({
    name: "identity-no-plaintext",
    area: "identity",
    title: "No PeerAuthentication takes plain text outside the listed exceptions",
    severity: "critical",
    why: "a port that takes plain text answers anyone in the cluster, and what it hears names no caller that a policy could judge",
    remedy: "Set the mode to STRICT. Where a client cannot speak mutual TLS, list the namespace and the port with a reason and an end date.",
    judges: ["security.istio.io/PeerAuthentication"],
    defaults: { exceptions: [] },
    schema: {
        exceptions: {
            type: "array",
            description:
                "where plain text is taken: in a namespace's ports, or all of it where no port is named",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "reason", "until"],
                properties: {
                    namespace: { type: "string" },
                    name: { type: "string", description: "of the PeerAuthentication; any where absent" },
                    port: {
                        type: "integer",
                        description: "of the workload; the whole namespace where absent",
                    },
                    mode: { enum: ["PERMISSIVE", "DISABLE"], description: "PERMISSIVE where absent" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: PERMISSIVE } }
`,
        accepted: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
`,
    },
    *judge(subject, config) {
        yield* judgeMode(subject, config, "spec.mtls.mode", textAt(subject.spec, "mtls", "mode"));
        for (const [port, mtls] of Object.entries(fields(subject.spec["portLevelMtls"]))) {
            yield* judgeMode(
                subject,
                config,
                `spec.portLevelMtls.${port}.mode`,
                textAt(mtls, "mode"),
                Number(port),
            );
        }
    },
    remedied({ spec }, { exceptions }) {
        // A listed exception may be the reason for any part of the object: leave those to people.
        if (exceptions.length > 0 || textAt(spec, "mtls", "mode") !== "PERMISSIVE") return undefined;
        return { spec: { ...spec, mtls: { mode: "STRICT" } } };
    },
});

function* judgeMode(
    subject: Subject,
    { exceptions }: Config,
    path: string,
    mode: string | undefined,
    port?: number,
): Iterable<Finding> {
    if (mode !== "PERMISSIVE" && mode !== "DISABLE") return;
    const fitting = exceptions.filter(
        (exception) =>
            exception.namespace === subject.namespace &&
            (exception.name ?? subject.name) === subject.name &&
            exception.port === port &&
            (exception.mode ?? "PERMISSIVE") === mode,
    );
    if (holds(fitting)) return;
    yield {
        subject,
        wrong: `${path} is ${mode}, so plain text is ${mode === "DISABLE" ? "all that is" : "also"} taken there${ended(fitting)}`,
        fix: "set it to STRICT, or list the namespace and port under this policy's exceptions with a reason and an end date.",
    };
}
