/** What can issue certificates that the proxies of the stack's mesh trust: keys, and the issuers that sign with them. */
import { X509Certificate } from "node:crypto";
import { chartNameOf } from "./charts";
import { HELM_INSTALLERS, helmInstallsOf } from "./helm-installs";
import {
    CERTIFICATE,
    clusterResourceNamespace,
    commonNameIn,
    isClusterScoped,
    type Issued,
    issuedBy,
    type Issuer,
    ISSUERS,
    readIssuer,
    referenceKey,
    secretKey,
    signerKey,
    type SigningKey,
    signingKeys,
} from "./certificate-issuers";
import { type MeshConfigSource } from "./mesh-config";
import { at, type Fields, fields, list, text, textAt, texts } from "./read";
import { type StackResources } from "./stack-resources";
import { type Subject } from "./subject";

/** Secrets that istiod uses as the mesh's CA (istio.io, "Plug in CA Certificates"). */
export const CA_SECRETS: ReadonlySet<string> = new Set(["cacerts", "istio-ca-secret"]);

/** Where istiod reads its CA unless the variable ROOT_CA_DIR names another folder (`pilot-discovery` reference). */
const CA_FOLDER = "/etc/cacerts";

/** The Secret of istiod's own certificate with cert-manager-istio-csr. */
const ISTIOD_TLS = "istiod-tls";

/** Issuers, and the keys that they and istiod sign with. */
interface Chain {
    /** By `issuerKey`. */
    readonly issuers: ReadonlySet<string>;
    readonly keys: ReadonlySet<SigningKey>;
}

/** Everything that issues certificates that proxies trust, as far as a name or a common name shows it. */
export interface MeshAuthority extends Chain {
    /** Names of Secrets among `keys` that no Certificate in cert-manager's namespace fills: a copy of one may be there. */
    readonly copyable: ReadonlySet<string>;
    /** What the control planes of the stack use, in their namespaces and in cert-manager's: only this may be of the mesh. */
    readonly intended: Chain;
    /** Issuers of cert-manager-istio-csr. */
    readonly istioCsr: ReadonlySet<string>;
    /** Namespaces of the control planes. */
    readonly controlPlanes: ReadonlySet<string>;
}

/** Where a chain starts. */
interface Anchors {
    readonly namespaces: ReadonlySet<string>;
    readonly keys: readonly SigningKey[];
    readonly issuers: readonly string[];
    /** Roots that sign nothing now, as in a rotation. */
    readonly idleRoots: ReadonlySet<SigningKey>;
}

export function meshAuthorityOf(stack: StackResources): MeshAuthority {
    const clusterNamespace = clusterResourceNamespace(stack);
    const issued = stack.collect("mesh authority: certificates", stack.all(CERTIFICATE), (subject) => [
        issuedBy(subject),
    ]);
    const issuers = stack.collect("mesh authority: issuers", stack.all(...ISSUERS), (subject) => [
        readIssuer(subject, clusterNamespace),
    ]);
    // Anyone can write a ConfigMap with a MeshConfig in a namespace of their own.
    const installed = stack.meshConfigs.filter(({ subject }) => subject.id !== "core/ConfigMap");
    const controlPlanes = new Set(
        installed.length === 0 ? ["istio-system"] : installed.map(({ namespace }) => namespace),
    );
    const sources = stack.meshConfigs.filter(({ namespace }) => controlPlanes.has(namespace));
    const isTrusted = (namespace: string): boolean =>
        controlPlanes.has(namespace) || namespace === clusterNamespace;
    const istioCsr = istioCsrInstalls(stack);
    const intended = chainOf(issued, issuers, {
        namespaces: controlPlanes,
        keys: [...caKeys(controlPlanes), ...sources.flatMap(mountedKeys)],
        issuers: [
            ...sources.flatMap(signers),
            ...istioCsr.flatMap(({ issuer, namespace }) => (isTrusted(namespace) ? [issuer] : [])),
        ],
        idleRoots: rootsAmong(
            issued.filter(({ namespace }) => isTrusted(namespace)),
            new Set(sources.flatMap((source) => trustedRoots(stack, source))),
        ),
    });
    const namespaces = new Set([
        ...controlPlanes,
        ...stack.rootNamespaces,
        ...stack.meshConfigs.map((one) => one.namespace),
    ]);
    const { issuers: found, keys } = chainOf(issued, issuers, {
        namespaces,
        keys: [
            ...caKeys(namespaces),
            // Without a control plane in this stack, a CA with istiod's name is for one of another stack.
            ...issued.flatMap(({ key, name, isCa }) =>
                installed.length === 0 && isCa && CA_SECRETS.has(name) ? [key] : [],
            ),
            ...stack.meshConfigs.flatMap(mountedKeys),
        ],
        issuers: [...stack.meshConfigs.flatMap(signers), ...istioCsr.map(({ issuer }) => issuer)],
        idleRoots: rootsAmong(
            issued,
            new Set(stack.meshConfigs.flatMap((source) => trustedRoots(stack, source))),
        ),
    });
    const inClusterNamespace = new Set(
        issued.flatMap(({ namespace, name }) => (namespace === clusterNamespace ? [name] : [])),
    );
    const names = [...keys].filter((key) => key.startsWith("Secret ")).map((key) => key.replace(/^.*\//, ""));
    const copyable = new Set(names.filter((name) => !inClusterNamespace.has(name)));
    return {
        issuers: found,
        keys,
        copyable,
        intended,
        istioCsr: new Set(istioCsr.map(({ issuer }) => issuer)),
        controlPlanes,
    };
}

function caKeys(namespaces: ReadonlySet<string>): SigningKey[] {
    return [...namespaces].flatMap((namespace) => [...CA_SECRETS].map((name) => secretKey(namespace, name)));
}

/** Keys of the CAs with the common name of a trusted root. */
function rootsAmong(issued: readonly Issued[], trusted: ReadonlySet<string>): Set<SigningKey> {
    return new Set(
        issued.flatMap(({ key, commonName, isCa }) =>
            isCa && commonName !== undefined && trusted.has(commonName) ? [key] : [],
        ),
    );
}

/** Follows Certificates to their issuers, and issuers to the Secrets that other Certificates of the stack fill. */
function chainOf(issued: readonly Issued[], issuers: readonly Issuer[], anchors: Anchors): Chain {
    const idleRoots = new Set([...anchors.idleRoots].filter((key) => !anchors.keys.includes(key)));
    const keys = new Set([...anchors.keys, ...idleRoots]);
    const found = new Set(anchors.issuers);
    for (let size = -1; size !== keys.size + found.size;) {
        size = keys.size + found.size;
        for (const { key, issuer } of issued) if (keys.has(key)) found.add(issuer);
        for (const { issuer, namespace, keys: signsWith } of issuers) {
            if (anchors.namespaces.has(namespace) && signsWith.some((key) => idleRoots.has(key)))
                found.add(issuer);
            if (found.has(issuer)) for (const key of signsWith) keys.add(key);
        }
    }
    // No proxy trusts what else a self-signing issuer signs.
    for (const { issuer, isSelfSigned } of issuers) if (isSelfSigned) found.delete(issuer);
    return { issuers: found, keys };
}

/** Whether a Certificate is istiod's CA, one of its issuers' CAs, or istiod's server certificate from istio-csr. */
export function isOfControlPlane(authority: MeshAuthority, subject: Subject): boolean {
    const { key, name, namespace, issuer, isCa, uris } = issuedBy(subject);
    if (authority.intended.keys.has(key)) return true;
    return (
        name === ISTIOD_TLS &&
        authority.controlPlanes.has(namespace) &&
        authority.istioCsr.has(issuer) &&
        !isCa &&
        uris.every((uri) => uri.endsWith(`/ns/${namespace}/sa/istiod-service-account`))
    );
}

/** The keys that an issuer signs with; a cluster-scoped one may sign with a copy of a Secret. */
export function meshKeyOf(
    authority: MeshAuthority,
    stack: StackResources,
    subject: Subject,
): SigningKey | undefined {
    const direct = signingKeys(subject, clusterResourceNamespace(stack)).find((key) =>
        authority.keys.has(key),
    );
    if (direct !== undefined) return direct;
    const secret = textAt(subject.spec, "ca", "secretName");
    return isClusterScoped(subject.id) && secret !== undefined && authority.copyable.has(secret)
        ? `a Secret ${secret}`
        : undefined;
}

/** Secrets that istiod mounts in the folder of its CA. */
function mountedKeys(source: MeshConfigSource): SigningKey[] {
    return caVolumes(source).flatMap((volume) =>
        [
            textAt(volume, "secret", "secretName"),
            ...list(at(volume, "projected", "sources")).map((one) => textAt(one, "secret", "name")),
        ].flatMap((name) => (name === undefined ? [] : [secretKey(source.namespace, name)])),
    );
}

/** Volumes that are mounted at, in or above the folder of istiod's CA; all of them if the folder is unknown. */
function caVolumes({ values, variables }: MeshConfigSource): readonly unknown[] {
    const pilot = fields(values["pilot"]);
    const variable = variables.find(({ name }) => name === "ROOT_CA_DIR");
    const folder = variable === undefined ? CA_FOLDER : variable.value;
    const mounts = [...list(values["volumeMounts"]), ...list(pilot["volumeMounts"])];
    const names = new Set(
        mounts.flatMap((mount) => {
            const path = textAt(mount, "mountPath") ?? "";
            return folder === undefined || isWithinFolder(path, folder) || isWithinFolder(folder, path)
                ? [textAt(mount, "name")]
                : [];
        }),
    );
    return [...list(values["volumes"]), ...list(pilot["volumes"])].filter((volume) =>
        names.has(textAt(volume, "name")),
    );
}

function isWithinFolder(path: string, folder: string): boolean {
    const [inner, outer] = [path, folder].map((one) => `${one.replace(/\/+/g, "/").replace(/\/$/, "")}/`);
    return (inner ?? "").startsWith(outer ?? "");
}

/** Common names of the roots that proxies trust, from ConfigMaps in the CA's folder and from the MeshConfig. */
function trustedRoots(stack: StackResources, source: MeshConfigSource): string[] {
    const configMaps = caVolumes(source).flatMap((volume) => [
        textAt(volume, "configMap", "name"),
        ...list(at(volume, "projected", "sources")).map((one) => textAt(one, "configMap", "name")),
    ]);
    const mounted = stack
        .within(source.namespace, "core/ConfigMap")
        .filter(({ name }) => configMaps.includes(name))
        .flatMap(({ props }) => Object.values(fields(props["data"])).map((value) => text(value) ?? ""));
    const { config } = source;
    const ofConfig = [
        ...list(config["caCertificates"]).map((one) => textAt(one, "pem") ?? ""),
        ...texts(at(config, "defaultConfig", "caCertificatesPem")),
    ];
    return [...mounted, ...ofConfig].flatMap(commonNames);
}

function commonNames(bundle: string): string[] {
    const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    return blocks.flatMap((pem) => {
        try {
            return commonNameIn(new X509Certificate(pem).subject, "\n") ?? [];
        } catch {
            // istiod rejects it, too.
            return [];
        }
    });
}

/** Issuers that istiod requests certificates from as a registration authority (`K8S_SIGNER`, `k8s.io/<signer>`). */
function signers({ variables, values, config }: MeshConfigSource): string[] {
    const variable = variables.find(({ name }) => name === "K8S_SIGNER")?.value;
    const provider = [
        textAt(values, "global", "pilotCertProvider"),
        variables.find(({ name }) => name === "PILOT_CERT_PROVIDER")?.value,
    ].map((value) => (value?.startsWith("k8s.io/") === true ? value.slice("k8s.io/".length) : undefined));
    const listed = list(config["caCertificates"]).flatMap((one) => texts(at(one, "certSigners")));
    return [variable, ...provider, ...listed].flatMap((signer) =>
        signer === undefined || signer === "" ? [] : [signerKey(signer)],
    );
}

/** Issuers from which cert-manager-istio-csr requests the certificates of workloads, with its namespace. */
function istioCsrInstalls(
    stack: StackResources,
): readonly { readonly issuer: string; readonly namespace: string }[] {
    return stack.collect("mesh authority: istio-csr", stack.all(...HELM_INSTALLERS), (subject) =>
        helmInstallsOf(subject).flatMap(({ chart, values, namespace }) => {
            if (chartNameOf(chart) !== "cert-manager-istio-csr") return [];
            const settings = at(values, "app", "certmanager");
            const reference: Fields = { name: "istio-ca", ...fields(at(settings, "issuer")) };
            const issuer = referenceKey(reference, textAt(settings, "namespace") ?? "istio-system");
            return [{ issuer, namespace: namespace() }];
        }),
    );
}
