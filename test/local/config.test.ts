import assert from "node:assert/strict";

import { componentNames, definitions } from "../../local/node/components";
import { cniConfig, containerdConfig } from "../../local/node/config/containerd";
import { apiserverArguments } from "../../local/node/config/control-plane";
import { kubeletConfig, kubeProxyConfig } from "../../local/node/config/kubelet";
import { kubeconfig } from "../../local/node/kubeconfig";

interface Kubelet {
    readonly authentication: { readonly anonymous: { readonly enabled: boolean } };
    readonly authorization: { readonly mode: string };
    readonly readOnlyPort: number;
    readonly maxPods: number;
    readonly evictionHard: Readonly<Record<string, string>>;
    readonly imageGCHighThresholdPercent: number;
    readonly cgroupRoot: string;
}

describe("the API server", () => {
    const args = apiserverArguments("10.254.77.2");

    it("authenticates only certificates and tokens that it issued", () => {
        assert.ok(args.includes("--anonymous-auth=false"));
        assert.ok(args.includes("--authorization-mode=Node,RBAC"));
        assert.ok(args.includes("--enable-admission-plugins=NodeRestriction"));
        assert.deepEqual(
            args.filter((arg) => /token-auth|basic-auth|insecure/.test(arg)),
            [],
        );
    });

    it("verifies the kubelet's certificate, and presents a client certificate to it", () => {
        assert.ok(args.some((arg) => arg.startsWith("--kubelet-certificate-authority=")));
        assert.ok(args.some((arg) => arg.startsWith("--kubelet-client-certificate=")));
    });

    it("accepts the tokens that istiod requests", () => {
        assert.ok(args.some((arg) => arg.startsWith("--api-audiences=") && arg.endsWith(",istio-ca")));
    });
});

describe("kubelet", () => {
    const config = JSON.parse(kubeletConfig()) as Kubelet;

    it("authenticates and authorizes clients by the API server", () => {
        assert.equal(config.authentication.anonymous.enabled, false);
        assert.equal(config.authorization.mode, "Webhook");
        assert.equal(config.readOnlyPort, 0);
    });

    it("evicts pods and images only on a nearly full disk", () => {
        assert.equal(config.imageGCHighThresholdPercent, 100);
        for (const [signal, threshold] of Object.entries(config.evictionHard))
            assert.match(threshold, /^\d+[MG]i$/, `${signal} is relative to the disk's size`);
    });

    it("allows 250 pods, below the node's control group", () => {
        assert.ok(config.maxPods >= 250);
        assert.equal(config.cgroupRoot, "/sparc-mesh");
    });
});

describe("kube-proxy", () => {
    it("does not change the machine's conntrack table", () => {
        const { conntrack } = JSON.parse(kubeProxyConfig()) as { conntrack: Record<string, unknown> };
        assert.deepEqual(conntrack, {
            maxPerCore: 0,
            min: 0,
            tcpEstablishedTimeout: "0s",
            tcpCloseWaitTimeout: "0s",
        });
    });
});

describe("containerd", () => {
    const toml = containerdConfig({
        pauseImage: "sparc.local/pause:1",
        cniPlugins: "/plugins",
        snapshotter: "native",
    });

    it("uses the given images, plugins and snapshotter", () => {
        for (const line of [
            'sandbox_image = "sparc.local/pause:1"',
            'bin_dir = "/plugins"',
            'snapshotter = "native"',
        ])
            assert.ok(toml.includes(line), line);
    });

    it("starts pods on a machine without CAP_SYS_RESOURCE", () => {
        assert.ok(toml.includes("restrict_oom_score_adj = true"));
    });

    it("discards pods' addresses when the node stops", () => {
        assert.match(cniConfig(), /"dataDir": "\/run\//);
    });
});

describe("the daemons", () => {
    it("are all defined, and none gets another daemon's key", () => {
        const all = definitions("10.254.77.2", []);
        assert.deepEqual(Object.keys(all), [...componentNames]);
        assert.deepEqual(
            Object.entries(all).flatMap(([name, { files }]) =>
                files.includes("pki/etcd-client.pem") ? [name] : [],
            ),
            ["kube-apiserver"],
        );
    });
});

describe("a kubeconfig", () => {
    it("is self-contained", () => {
        const text = kubeconfig("https://node:6443", "CA", "ann", { certificate: "CERT", key: "KEY" });
        const config = JSON.parse(text) as { clusters: { cluster: unknown }[]; users: { user: unknown }[] };
        assert.deepEqual(config.clusters[0]?.cluster, {
            server: "https://node:6443",
            "certificate-authority-data": "Q0E=",
        });
        assert.deepEqual(config.users[0]?.user, {
            "client-certificate-data": "Q0VSVA==",
            "client-key-data": "S0VZ",
        });
    });
});
