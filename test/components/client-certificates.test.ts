import assert from "node:assert/strict";
import { checkCatalogue } from "../../catalogue/check";
import { platform as sample } from "../../catalogue/platform";
import type { Catalogue, Exposure } from "../../catalogue/model";
import type {
    AuthorizationPolicyManifest,
    CertificateManifest,
    GatewayManifest,
    Manifest,
} from "../../components/base/manifest";
import { platformProblems } from "../../components/check";
import { config, objectsOf } from "../support/edge";

const HOST = `ingest-api.${config.domain}`;

/** The sample with its exposure with client certificates changed. */
function changed(change: Partial<Exposure>): Catalogue {
    const ingest = sample.services["video-ingest"]!;
    const exposures = ingest.exposures!.map((one) =>
        one.host === "ingest-api" ? { ...one, ...change } : one,
    );
    return { ...sample, services: { ...sample.services, "video-ingest": { ...ingest, exposures } } };
}

function of<M extends Manifest>(objects: readonly Manifest[], kind: M["kind"], name: string): M {
    const object = objects.find((one) => one.kind === kind && one.metadata.name === name);
    assert.ok(object, name);
    return object as M;
}

function serverOf(objects: readonly Manifest[], host: string) {
    const { spec } = of<GatewayManifest>(objects, "Gateway", "public");
    const servers = (spec.servers ?? []).filter(({ hosts }) => hosts.some((one) => one.endsWith(`/${host}`)));
    assert.equal(servers.length, 1);
    return servers[0]!;
}

describe("an exposure that requires client certificates", () => {
    it("has a separate server and certificate, which no other host shares", () => {
        const objects = objectsOf();
        const server = serverOf(objects, HOST);
        assert.deepEqual(server.hosts, [`sparc/${HOST}`]);
        assert.equal(server.tls?.mode, "MUTUAL");
        assert.equal(server.tls.caCertCredentialName, "device-authority-cacert");
        assert.equal(server.tls.subjectAltNames, undefined);
        assert.equal(server.tls.minProtocolVersion, "TLSV1_2");
        const other = serverOf(objects, `api.${config.domain}`);
        assert.equal(other.tls?.mode, "SIMPLE");
        assert.notEqual(other.port.name, server.port.name);
        const certificates = objects.filter((one): one is CertificateManifest => one.kind === "Certificate");
        const valid = certificates.filter(({ spec }) => spec.dnsNames?.includes(HOST));
        assert.deepEqual(
            valid.map(({ spec }) => [spec.secretName, spec.dnsNames]),
            [[server.tls.credentialName, [HOST]]],
        );
    });

    it("lists the names that a client certificate must have, also for a TCP port", () => {
        const sans = ["camera-7.devices.example.com", "urn:device:camera-8"];
        const clientCertificate = { authority: "devices", subjectAltNames: sans };
        assert.deepEqual(
            serverOf(objectsOf({ catalogue: changed({ clientCertificate }) }), HOST).tls?.subjectAltNames,
            sans,
        );
        const telemetry = sample.services["device-telemetry"]!;
        const exposures = telemetry.exposures!.map((one) => ({ ...one, clientCertificate }));
        const services = { ...sample.services, "device-telemetry": { ...telemetry, exposures } };
        const mqtt = serverOf(objectsOf({ catalogue: { ...sample, services } }), `mqtt.${config.domain}`);
        assert.deepEqual(
            [mqtt.port.protocol, mqtt.tls?.mode, mqtt.tls?.subjectAltNames],
            ["TLS", "MUTUAL", sans],
        );
    });

    it("is reachable only with its SNI", () => {
        const policy = of<AuthorizationPolicyManifest>(
            objectsOf(),
            "AuthorizationPolicy",
            "istio-ingressgateway-to-video-ingest.ingest-api",
        );
        const rules = policy.spec.rules ?? [];
        assert.ok(rules.length > 0);
        for (const { when = [] } of rules)
            assert.deepEqual(
                when.filter(({ key }) => key === "connection.sni"),
                [{ key: "connection.sni", values: [HOST] }],
            );
    });

    it("needs an authority that the stack configures", () => {
        const clients = { partners: { from: "secret", secret: "x" } } as const;
        const problems = platformProblems({
            catalogue: sample,
            config: { ...config, certificates: { ...config.certificates, clients } },
        });
        assert.equal(problems.length, 1, problems.join("\n"));
        assert.match(
            problems[0]!,
            /^certificates\.clients: ingest-api \(video-ingest\) .* devices, .*has partners; .*from: secret/,
        );
    });

    it("gets a CA from cert-manager if the stack has none, with its key outside the gateways' namespace", () => {
        const sans = ["camera-7.devices.example.com", "urn:device:camera-8"];
        const objects = objectsOf({
            catalogue: changed({ clientCertificate: { authority: "devices", subjectAltNames: sans } }),
            config: {
                ...config,
                certificates: { ...config.certificates, clients: { devices: { from: "self-signed" } } },
            },
        });
        assert.equal(serverOf(objects, HOST).tls?.caCertCredentialName, "client-devices-cacert");
        const authority = of<CertificateManifest>(objects, "Certificate", "client-authority-devices");
        assert.deepEqual([authority.metadata.namespace, authority.spec.isCA], ["cert-manager", true]);
        const client = of<CertificateManifest>(objects, "Certificate", "client-devices");
        assert.deepEqual(
            [client.metadata.namespace, client.spec.isCA, client.spec.usages],
            ["istio-ingress", undefined, ["digital signature", "client auth"]],
        );
        assert.deepEqual([client.spec.dnsNames, client.spec.uris], [[sans[0]], [sans[1]]]);
    });

    it("rejects CORS, duplicate names, and a host with the same requests without a certificate", () => {
        assert.deepEqual(checkCatalogue(sample), []);
        const clientCertificate = {
            authority: "devices",
            subjectAltNames: ["a.example.com", "a.example.com"],
        };
        const problems = checkCatalogue(changed({ clientCertificate, cors: true }));
        assert.deepEqual(
            problems.map(({ rule }) => rule),
            ["cors", "client-certificate", "client-certificate"],
        );
        const ingest = sample.services["video-ingest"]!;
        const open: { -readonly [K in keyof Exposure]: Exposure[K] } = {
            ...ingest.exposures![1]!,
            host: "weaker",
        };
        delete open.clientCertificate;
        const services = {
            ...sample.services,
            "video-ingest": { ...ingest, exposures: [...ingest.exposures!, open] },
        };
        const [problem, ...others] = checkCatalogue({ ...sample, services });
        assert.deepEqual(others, []);
        assert.equal(problem?.rule, "shared-requests");
        assert.match(
            problem.message,
            /^the host weaker allows Push .*ingest-api requires .* a client certificate/,
        );
    });

    it("rejects invalid names of its authority and certificates", () => {
        for (const clientCertificate of [
            { authority: "Devices" },
            { authority: "devices", subjectAltNames: [] },
            { authority: "devices", subjectAltNames: ["*.devices.example.com"] },
            { authority: "devices", subjectAltNames: ["camera 7"] },
            { authority: "devices", optional: true },
        ])
            assert.ok(
                checkCatalogue(changed({ clientCertificate })).length > 0,
                JSON.stringify(clientCertificate),
            );
    });
});
