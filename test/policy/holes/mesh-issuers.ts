/** Objects of cert-manager, istiod and what requests certificates, as YAML. */

export const RULE = "identity-mesh-issuer";

/** Self-signed certificates with the subject `O=mesh, CN=…`. */
export const OLD_ROOT = `
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUcf0yTx/AlXjweqglaKI3F3ipsJMwCgYIKoZIzj0EAwIw
IjENMAsGA1UECgwEbWVzaDERMA8GA1UEAwwIb2xkIHJvb3QwIBcNMjYxMjAxMTUw
NjU2WhgPMjEyNjExMDcxNTA2NTZaMCIxDTALBgNVBAoMBG1lc2gxETAPBgNVBAMM
CG9sZCByb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcBiRNcuP5hEtBpXr
BI+dBG8GZ79bLnpisLIjRlFY9tZNLMeTaoJSylZ+uc2L6hjiwK3uB+2s8vPCVFuf
OpQwmKNTMFEwHQYDVR0OBBYEFFo/2gwIro21iRYvjDkbhVrywok/MB8GA1UdIwQY
MBaAFFo/2gwIro21iRYvjDkbhVrywok/MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSAAwRQIhAKjpH8rcmgREV+D3wt3fMx6/akYfRwryHcaWRoXS4ybdAiBG
3uNLh9yG4IxrSiwNCDxZao/QSXmqc0mmE+wDYk04UA==
-----END CERTIFICATE-----
`.trim();
export const NEW_ROOT = `
-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUY6quwM1exESnznrKCcYso1rEvpAwCgYIKoZIzj0EAwIw
IjENMAsGA1UECgwEbWVzaDERMA8GA1UEAwwIbmV3IHJvb3QwIBcNMjYxMjAxMTUw
NjU2WhgPMjEyNjExMDcxNTA2NTZaMCIxDTALBgNVBAoMBG1lc2gxETAPBgNVBAMM
CG5ldyByb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEP6eqeh3iNKG/tn/1
6S7KgqBPmWKMpDyQQQEHajt0/tCzGZgo2KAE+yCp11171pVS597quT9zBqH+rYUD
8aQWhKNTMFEwHQYDVR0OBBYEFFw2errcPivL1obke+R3N3nRZl1HMB8GA1UdIwQY
MBaAFFw2errcPivL1obke+R3N3nRZl1HMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSQAwRgIhAKoPN1b9z41/n4uMXcX5XsNFqXqm6tC8bD4SCLBW3ULqAiEA
3/gU3LaU5AzRQiz80qqO1JD2uu7S4RU1S0L7jZJgQeM=
-----END CERTIFICATE-----
`.trim();

export const all = (...documents: string[]): string => documents.join("\n---\n");
export const certificate = (namespace: string, name: string, issuer: string, more = ""): string =>
    `{ apiVersion: cert-manager.io/v1, kind: Certificate, metadata: { name: ${name}, namespace: ${namespace} }, spec: { secretName: ${name}, issuerRef: { ${issuer} } ${more} } }`;
export const issuer = (kind: string, name: string, spec: string, namespace = "istio-system"): string =>
    `{ apiVersion: cert-manager.io/v1, kind: ${kind}, metadata: { name: ${name}, namespace: ${namespace} }, spec: { ${spec} } }`;
export const chart = (name: string, namespace: string, values: string, release = name): string =>
    `{ apiVersion: helm.sh/v3, kind: Release, name: ${release}, namespace: ${namespace}, chart: "oci://charts.example.com/${name}", values: { ${values} } }`;
export const istiod = (values = "", namespace = "istio-system"): string => chart("istiod", namespace, values);
export const mounts = (
    source: string,
    folder = "/etc/mesh-ca",
    env = ", env: { ROOT_CA_DIR: /etc/mesh-ca }",
): string => `volumes: [{ name: ca, ${source} }], volumeMounts: [{ name: ca, mountPath: ${folder} }] ${env}`;
export const MESH_CA = "secret: { secretName: mesh-ca }";
export const roots = (...pems: string[]): string => JSON.stringify(pems.map((pem) => `${pem}\n`).join(""));

/** Two roots, of which the old one signs. */
export const ROTATION = all(
    istiod(mounts("projected: { sources: [{ secret: { name: mesh-ca } }, { configMap: { name: roots } }] }")),
    `{ apiVersion: v1, kind: ConfigMap, metadata: { name: roots, namespace: istio-system }, data: { ca.crt: ${roots(OLD_ROOT, NEW_ROOT)} } }`,
    certificate("istio-system", "mesh-ca", "name: root-1", ", isCA: true"),
    issuer("Issuer", "root-1", "ca: { secretName: root-1 }"),
    certificate("istio-system", "root-1", "name: self", ', isCA: true, commonName: "old root"'),
    issuer("Issuer", "root-2", "ca: { secretName: root-2 }"),
    certificate("istio-system", "root-2", "name: self", ', isCA: true, commonName: "new root"'),
    issuer("Issuer", "self", "selfSigned: {}"),
);
/** A root in cert-manager's namespace, from which a ClusterIssuer signs. */
export const CLUSTER_CHAIN = all(
    certificate("istio-system", "cacerts", "name: mesh, kind: ClusterIssuer", ", isCA: true"),
    issuer("ClusterIssuer", "mesh", "ca: { secretName: mesh-root }"),
    certificate("cert-manager", "mesh-root", "name: offline, kind: ClusterIssuer", ", isCA: true"),
);
export const istioCsr = chart(
    "cert-manager-istio-csr",
    "cert-manager",
    "app: { certmanager: { issuer: { name: mesh, kind: ClusterIssuer } } }",
);
export const pod = (issuer: string): string =>
    `{ apiVersion: v1, kind: Pod, metadata: { name: carts, namespace: shop }, spec: { containers: [], volumes: [{ name: tls, csi: { driver: csi.cert-manager.io, volumeAttributes: { ${issuer} } } }] } }`;
export const ingress = (annotations: string): string =>
    `{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: web, namespace: shop, annotations: { ${annotations} } }, spec: {} }`;
