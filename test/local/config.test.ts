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

    it("knows nobody without a certificate or a token of its own making", () => {
        assert.ok(args.includes("--anonymous-auth=false"));
        assert.ok(args.includes("--authorization-mode=Node,RBAC"));
        assert.ok(args.includes("--enable-admission-plugins=NodeRestriction"));
        assert.deepEqual(
            args.filter((arg) => /token-auth|basic-auth|insecure/.test(arg)),
            [],
        );
    });

    it("checks the kubelet's certificate, and shows the kubelet one", () => {
        assert.ok(args.some((arg) => arg.startsWith("--kubelet-certificate-authority=")));
        assert.ok(args.some((arg) => arg.startsWith("--kubelet-client-certificate=")));
    });

    it("accepts the tokens that istiod asks for", () => {
        assert.ok(args.some((arg) => arg.startsWith("--api-audiences=") && arg.endsWith(",istio-ca")));
    });
});

describe("kubelet", () => {
    const config = JSON.parse(kubeletConfig()) as Kubelet;

    it("answers nobody whom the API server does not vouch for", () => {
        assert.equal(config.authentication.anonymous.enabled, false);
        assert.equal(config.authorization.mode, "Webhook");
        assert.equal(config.readOnlyPort, 0);
    });

    it("keeps pods and images on a disk that is nearly full", () => {
        assert.equal(config.imageGCHighThresholdPercent, 100);
        for (const [signal, threshold] of Object.entries(config.evictionHard))
            assert.match(threshold, /^\d+[MG]i$/, `${signal} is relative to the disk's size`);
    });

    it("has room for 250 pods, below the node's control group", () => {
        assert.ok(config.maxPods >= 250);
        assert.equal(config.cgroupRoot, "/sparc-mesh");
    });
});

describe("kube-proxy", () => {
    it("leaves the machine's connection table alone", () => {
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

    it("takes the given images, plugins and snapshotter", () => {
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

    it("forgets pods' addresses when the node is switched off", () => {
        assert.match(cniConfig(), /"dataDir": "\/run\//);
    });
});

describe("the daemons", () => {
    it("are all defined, and none is given a key that another's alone should have", () => {
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
    it("stands on its own", () => {
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
