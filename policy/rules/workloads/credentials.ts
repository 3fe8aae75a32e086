import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { CA_SECRETS } from "../../core/mesh-authority";
import { at, labelsAt, list, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { KEY_SOURCES, MESH_AUDIENCE, problemOfSource } from "./key-sources";
import { containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly caNamespaces: readonly string[];
}

const SECRET = "core/Secret";

/** For a Secret with this label, istiod reads another cluster's endpoints (istio.io, "Install Multicluster"). */
const REMOTE_CLUSTER = "istio/multiCluster";

const CERTIFICATE = "cert-manager.io/Certificate";
/**
 * Annotations with which controllers copy a Secret to other namespaces: Reflector, kubernetes-replicator,
 * Config Syncer.
 */
const COPY_ANNOTATIONS =
    /^(reflector\.v1\.k8s\.emberstack\.com\/reflection-(allowed|auto-enabled)|replicator\.v1\.mittwald\.de\/(replicate-to(-matching)?|replication-allowed)|kubed\.appscode\.com\/sync)$/;

export const credentials = objectRule<Config>({
    name: "workloads-credentials",
    area: "workloads",
    title: "No workload has the CA's key, another workload's identity, a token for istiod, or a token without expiry",
    severity: "critical",
    why: "the CA's key, or a token that istiod accepts, is sufficient to get the identities of workloads in the mesh",
    remediation:
        "Keep the CA's key in cert-manager or istiod. Use projected tokens with the called service as their audience.",
    appliesTo: [SECRET, CERTIFICATE, ...KEY_SOURCES, ...WORKLOADS],
    defaults: { ...NO_EXCEPTIONS, caNamespaces: ["istio-system", "cert-manager"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        caNamespaces: {
            type: "array",
            items: { type: "string" },
            description: "namespaces with Secrets of the mesh; no workload there may mount a Secret",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Secret
metadata: { name: carts-token, namespace: shop, annotations: { kubernetes.io/service-account.name: carts } }
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec:
  containers: [{ name: carts, image: "carts:1" }]
  volumes: [{ name: token, projected: { sources: [{ serviceAccountToken: { audience: istio-ca, path: token } }] } }]
`,
        compliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec:
  containers: [{ name: carts, image: "carts:1" }]
  volumes:
    - { name: token, projected: { sources: [{ serviceAccountToken: { audience: vault.example.com, path: token } }] } }
    - { name: database, secret: { secretName: database } }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        if (subject.id === SECRET) {
            yield* evaluateSecret(subject);
            yield* evaluateCopies(subject, "metadata.annotations", subject.annotations);
        }
        if (subject.id === CERTIFICATE) {
            const annotations = labelsAt(subject.spec, "secretTemplate", "annotations");
            yield* evaluateCopies(subject, "spec.secretTemplate.annotations", annotations);
        }
        const problem = problemOfSource(subject, config.caNamespaces);
        if (problem !== undefined)
            yield {
                subject,
                problem,
                fix: "remove it, or add it to this policy's exceptions with a reason and an end date.",
            };
        for (const pod of podsIn(subject)) {
            yield* evaluateTokens(subject, pod);
            if (config.caNamespaces.includes(subject.namespace)) yield* evaluateMounts(subject, pod);
        }
    },
});

function* evaluateSecret(subject: Subject): Iterable<Violation> {
    const account = subject.annotations["kubernetes.io/service-account.name"];
    if (account !== undefined || textAt(subject.props, "type") === "kubernetes.io/service-account-token") {
        yield {
            subject,
            problem: `it is a token of the service account ${account ?? "in its data"} without expiry, with which anyone can act as that workload`,
            fix: "remove it, and use a projected token or TokenRequest.",
        };
    }
    if (CA_SECRETS.has(subject.name)) {
        yield {
            subject,
            problem: "istiod uses it as the mesh's CA, so its creator can issue every identity",
            fix: "let cert-manager issue the CA's certificate, or add the Secret to this policy's exceptions with a reason and an end date.",
        };
    }
    if (subject.labels[REMOTE_CLUSTER] !== undefined) {
        yield {
            subject,
            problem: `with its label ${REMOTE_CLUSTER}, istiod accepts endpoints and identities from another cluster`,
            fix: "remove the label, or add the Secret to this policy's exceptions with a reason and an end date.",
        };
    }
}

/** A copied key is available to everyone who can read Secrets in the target namespace. */
function* evaluateCopies(
    subject: Subject,
    path: string,
    annotations: Readonly<Record<string, string>>,
): Iterable<Violation> {
    const name = Object.keys(annotations).find(
        (one) => COPY_ANNOTATIONS.test(one) && annotations[one] !== "false",
    );
    if (name === undefined) return;
    yield {
        subject,
        problem: `${path} has ${name}, with which a controller copies the Secret and its key to other namespaces`,
        fix: "issue a separate certificate in each namespace, or add it to this policy's exceptions with a reason and an end date.",
    };
}

function* evaluateTokens(subject: Subject, { path, spec }: Pod): Iterable<Violation> {
    for (const [index, volume] of list(spec["volumes"]).entries()) {
        const audiences = list(at(volume, "projected", "sources")).map((source) =>
            textAt(source, "serviceAccountToken", "audience"),
        );
        if (!audiences.includes(MESH_AUDIENCE)) continue;
        yield {
            subject,
            problem: `${path}spec.volumes[${index}] projects a token for ${MESH_AUDIENCE}, which istiod exchanges for a mesh certificate`,
            fix: "remove it. The injector mounts the proxy's token.",
        };
    }
}

/** For namespaces that contain the mesh's keys. */
function* evaluateMounts(subject: Subject, pod: Pod): Iterable<Violation> {
    const { path, spec } = pod;
    const volumes = list(spec["volumes"]).flatMap((volume, index) => [
        { place: `${path}spec.volumes[${index}]`, secret: textAt(volume, "secret", "secretName") },
        ...list(at(volume, "projected", "sources")).map((source) => ({
            place: `${path}spec.volumes[${index}]`,
            secret: textAt(source, "secret", "name"),
        })),
    ]);
    const variables = containersOf(pod).flatMap((container) =>
        [
            ...list(container.fields["envFrom"]).map((source) => textAt(source, "secretRef", "name")),
            ...list(container.fields["env"]).map((source) =>
                textAt(source, "valueFrom", "secretKeyRef", "name"),
            ),
        ].map((secret) => ({ place: container.path, secret })),
    );
    for (const { place, secret } of [...volumes, ...variables]) {
        if (secret === undefined) continue;
        yield {
            subject,
            problem: `${place} reads the Secret ${secret} in ${subject.namespace}, which contains the mesh's keys`,
            fix: "run it in another namespace, or add it to this policy's exceptions with a reason and an end date.",
        };
    }
}
