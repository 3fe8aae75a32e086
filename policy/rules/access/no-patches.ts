import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { fields, says } from "../../core/read";
import { objectRule } from "../../core/rule";

/** Kinds whose content is what the other policies of this pack judge as a whole. */
const WHOLE = [
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
    title: "No patch changes what keeps the mesh closed",
    severity: "critical",
    why: "a patch shows some fields of an object that another program owns: whether the whole is still closed, nobody can tell from it",
    remedy: "Change the object where it is written as a whole. A patch of its labels and annotations may stay.",
    judges: WHOLE,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
type: kubernetes:security.istio.io/v1:PeerAuthenticationPatch
name: mesh-wide
properties: { metadata: { name: default, namespace: istio-system }, spec: { mtls: { mode: STRICT } } }
`,
        accepted: `
type: kubernetes:security.istio.io/v1:PeerAuthenticationPatch
name: mesh-wide
properties: { metadata: { name: default, namespace: istio-system, labels: { team: platform } } }
`,
    },
    *judge(subject, config) {
        if (!subject.isPatch || isExcepted(config, subject)) return;
        const { props, annotations } = subject;
        const said = ["spec", "specs"].find((field) => says(fields(props)[field]));
        const changes =
            said ?? (says(annotations["istio.io/dry-run"]) ? "its annotation istio.io/dry-run" : undefined);
        if (changes === undefined) return;
        yield {
            subject,
            wrong: `it patches ${changes} of an object of which it shows only a part`,
            fix: "change the object itself, where the whole of it is judged.",
        };
    },
});
