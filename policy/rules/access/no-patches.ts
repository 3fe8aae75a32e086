import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { fields, isNonEmpty } from "../../core/read";
import { objectRule } from "../../core/rule";

/** Kinds that the other policies evaluate as a whole. */
const SECURITY_KINDS = [
    "security.istio.io/AuthorizationPolicy",
    "security.istio.io/PeerAuthentication",
    "security.istio.io/RequestAuthentication",
    "networking.istio.io/DestinationRule",
    "networking.istio.io/EnvoyFilter",
    "networking.istio.io/Gateway",
    "networking.istio.io/ServiceEntry",
    "networking.istio.io/Sidecar",
    "networking.istio.io/VirtualService",
    "extensions.istio.io/WasmPlugin",
    "telemetry.istio.io/Telemetry",
    "networking.k8s.io/Ingress",
    "networking.k8s.io/NetworkPolicy",
    "flagger.app/Canary",
];

export const noPatches = objectRule<WithExceptions>({
    name: "access-no-patches",
    area: "access",
    title: "No patch changes security objects of the mesh",
    severity: "critical",
    why: "a patch contains only some fields of an object that another program owns, so the resulting object cannot be evaluated",
    remediation:
        "Change the object where it is defined completely. A patch of its labels and annotations is allowed.",
    appliesTo: SECURITY_KINDS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
type: kubernetes:security.istio.io/v1:PeerAuthenticationPatch
name: mesh-wide
properties: { metadata: { name: default, namespace: istio-system }, spec: { mtls: { mode: STRICT } } }
`,
        compliant: `
type: kubernetes:security.istio.io/v1:PeerAuthenticationPatch
name: mesh-wide
properties: { metadata: { name: default, namespace: istio-system, labels: { team: platform } } }
`,
    },
    *evaluate(subject, config) {
        if (!subject.isPatch || isExcepted(config, subject)) return;
        const { props, annotations } = subject;
        const patchedField = ["spec", "specs"].find((field) => isNonEmpty(fields(props)[field]));
        const changes =
            patchedField ??
            (isNonEmpty(annotations["istio.io/dry-run"]) ? "its annotation istio.io/dry-run" : undefined);
        if (changes === undefined) return;
        yield {
            subject,
            problem: `it patches ${changes} of an object that another program owns, so the result cannot be evaluated`,
            fix: "change the object where it is defined completely.",
        };
    },
});
