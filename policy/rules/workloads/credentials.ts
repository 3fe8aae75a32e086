import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, labelsAt, list, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly keepers: readonly string[];
}

const SECRET = "core/Secret";

/** Secrets that istiod takes as the mesh's certificate authority (istio.io, "Plug in CA Certificates"). */
const AUTHORITY: ReadonlySet<string> = new Set(["cacerts", "istio-ca-secret"]);

/** With a Secret of this label istiod reads another cluster's endpoints (istio.io, "Install Multicluster"). */
const REMOTE_CLUSTER = "istio/multiCluster";

/** The audience of the tokens by which proxies get their certificates from istiod. */
const MESH_AUDIENCE = "istio-ca";

const CERTIFICATE = "cert-manager.io/Certificate";

/** Annotations by which controllers copy a Secret into other namespaces: Reflector, kubernetes-replicator, Config Syncer. */
const COPIED =
    /^(reflector\.v1\.k8s\.emberstack\.com\/reflection-(allowed|auto-enabled)|replicator\.v1\.mittwald\.de\/(replicate-to(-matching)?|replication-allowed)|kubed\.appscode\.com\/sync)$/;

export const credentials = objectRule<Config>({
    name: "workloads-credentials",
    area: "workloads",
    title: "No workload holds a credential of the mesh's authority, or one that never ends",
    severity: "critical",
    why: "whoever holds the CA's key, or a token that istiod takes, has every identity of the mesh",
    remedy: "Let cert-manager or istiod hold the CA's key; use projected tokens, whose audience is the party that is called.",
    judges: [SECRET, CERTIFICATE, ...WORKLOADS],
    defaults: { ...NO_EXCEPTIONS, keepers: ["istio-system", "cert-manager"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        keepers: {
            type: "array",
            items: { type: "string" },
            description: "namespaces whose Secrets are the mesh's own: no workload of theirs mounts one",
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        if (subject.id === SECRET) {
            yield* judgeSecret(subject);
            yield* judgeCopies(subject, "metadata.annotations", subject.annotations);
        }
        if (subject.id === CERTIFICATE) {
            const annotations = labelsAt(subject.spec, "secretTemplate", "annotations");
            yield* judgeCopies(subject, "spec.secretTemplate.annotations", annotations);
        }
        for (const pod of podsIn(subject)) {
            yield* judgeTokens(subject, pod);
            if (config.keepers.includes(subject.namespace)) yield* judgeMounts(subject, pod);
        }
    },
});

function* judgeSecret(subject: Subject): Iterable<Finding> {
    const account = subject.annotations["kubernetes.io/service-account.name"];
    if (account !== undefined || textAt(subject.props, "type") === "kubernetes.io/service-account-token") {
        yield {
            subject,
            wrong: `it is a token of the service account ${account ?? "that it names"} that never ends, and whoever reads it is that workload`,
            fix: "remove it, and use a projected token or TokenRequest.",
        };
    }
    if (AUTHORITY.has(subject.name)) {
        yield {
            subject,
            wrong: "istiod takes it as the mesh's certificate authority, and whoever made it has every identity",
            fix: "let cert-manager make the CA's certificate, or list the Secret under this policy's exceptions with a reason and an end date.",
        };
    }
    if (subject.labels[REMOTE_CLUSTER] !== undefined) {
        yield {
            subject,
            wrong: `its label ${REMOTE_CLUSTER} makes istiod take endpoints and identities from another cluster`,
            fix: "remove the label, or list the Secret under this policy's exceptions with a reason and an end date.",
        };
    }
}

/** A key that is copied is held by whoever reads Secrets there. */
function* judgeCopies(
    subject: Subject,
    path: string,
    annotations: Readonly<Record<string, string>>,
): Iterable<Finding> {
    const name = Object.keys(annotations).find((one) => COPIED.test(one) && annotations[one] !== "false");
    if (name === undefined) return;
    yield {
        subject,
        wrong: `${path} has ${name}, by which a controller copies the Secret and its key into other namespaces`,
        fix: "issue a certificate of its own in each namespace, or list it under this policy's exceptions with a reason and an end date.",
    };
}

function* judgeTokens(subject: Subject, { path, spec }: Pod): Iterable<Finding> {
    for (const [index, volume] of list(spec["volumes"]).entries()) {
        const audiences = list(at(volume, "projected", "sources")).map((source) =>
            textAt(source, "serviceAccountToken", "audience"),
        );
        if (!audiences.includes(MESH_AUDIENCE)) continue;
        yield {
            subject,
            wrong: `${path}spec.volumes[${index}] projects a token for ${MESH_AUDIENCE}, by which istiod signs a certificate of the mesh for whoever shows it`,
            fix: "remove it: the injector gives the proxy its own.",
        };
    }
}

/** In a namespace of the mesh's own keys. */
function* judgeMounts(subject: Subject, pod: Pod): Iterable<Finding> {
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
            wrong: `${place} reads the Secret ${secret} of ${subject.namespace}, where the mesh's keys are`,
            fix: "run it in another namespace, or list it under this policy's exceptions with a reason and an end date.",
        };
    }
}
