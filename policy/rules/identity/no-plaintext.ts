import { expiryNote, exceptionList, type Exception, anyInForce } from "../../core/exceptions";
import { fields, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
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
    title: "No PeerAuthentication accepts plain text, except for listed exceptions",
    severity: "critical",
    why: "a port that accepts plain text serves any client in the cluster, and its requests have no caller identity to authorize",
    remediation:
        "Set the mode to STRICT. If a client cannot use mutual TLS, list the namespace and the port with a reason and an end date.",
    appliesTo: ["security.istio.io/PeerAuthentication"],
    defaults: { exceptions: [] },
    schema: {
        exceptions: exceptionList(
            "ports that accept plain text; the whole namespace if no port is set",
            { namespace: { type: "string" } },
            {
                name: { type: "string", description: "name of the PeerAuthentication; any if absent" },
                port: {
                    type: "integer",
                    description: "port of the workload; the whole namespace if absent",
                },
                mode: { enum: ["PERMISSIVE", "DISABLE"], description: "PERMISSIVE if absent" },
            },
        ),
    },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: PERMISSIVE } }
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
`,
    },
    *evaluate(subject, config) {
        yield* evaluateMode(subject, config, "spec.mtls.mode", textAt(subject.spec, "mtls", "mode"));
        for (const [port, mtls] of Object.entries(fields(subject.spec["portLevelMtls"]))) {
            yield* evaluateMode(
                subject,
                config,
                `spec.portLevelMtls.${port}.mode`,
                textAt(mtls, "mode"),
                Number(port),
            );
        }
    },
    remediate({ spec }, { exceptions }) {
        // A listed exception may need any part of the object, so leave its change to people.
        if (exceptions.length > 0 || textAt(spec, "mtls", "mode") !== "PERMISSIVE") return undefined;
        return { spec: { ...spec, mtls: { mode: "STRICT" } } };
    },
});

function* evaluateMode(
    subject: Subject,
    { exceptions }: Config,
    path: string,
    mode: string | undefined,
    port?: number,
): Iterable<Violation> {
    if (mode !== "PERMISSIVE" && mode !== "DISABLE") return;
    const fitting = exceptions.filter(
        (exception) =>
            exception.namespace === subject.namespace &&
            (exception.name ?? subject.name) === subject.name &&
            exception.port === port &&
            (exception.mode ?? "PERMISSIVE") === mode,
    );
    if (anyInForce(fitting)) return;
    yield {
        subject,
        problem: `${path} is ${mode}, so the port ${mode === "DISABLE" ? "only accepts plain text" : "also accepts plain text"}${expiryNote(fitting)}`,
        fix: "set it to STRICT, or list the namespace and port under this policy's exceptions with a reason and an end date.",
    };
}
