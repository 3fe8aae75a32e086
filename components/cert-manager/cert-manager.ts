import type { CertManagerArgs } from "@pulumi/kubernetes-cert-manager/certManager";
import type { MeshConfig } from "../../config/schema";
import { CERT_MANAGER_VERSION } from "../../config/versions";
import { AWS_CLIENTS } from "../shared/aws/clients";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { certManagerImage, mirrored, pinOf, repositoryAndTag } from "../shared/pods/images";
import type { Chart, Derived, Release } from "../base/manifest";
import type { Platform } from "../base/platform";
import { BEFORE_CNI, hasPools } from "../shared/pods/pools";
import { unknownCase } from "../../catalogue/never";
import { certManagerFlows } from "./flows";

/**
 * The component passes on only the values for which it has types, and treats an omitted argument as an empty one,
 * whatever `helmOptions` contains: all values are its arguments.
 */
type Values = Omit<CertManagerArgs, "helmOptions">;

function deriveCertManager({ config }: Platform): Derived {
    return { releases: [release(config)], objects: [] };
}

function release(config: MeshConfig): Release {
    const { namespace, serviceAccount } = AWS_CLIENTS["cert-manager"];
    return {
        name: serviceAccount,
        namespace,
        component: "cert-manager",
        chart: chartOf(config),
        values: values(config),
        after: [],
    };
}

function chartOf({ certificates: { chart } }: MeshConfig): Chart {
    switch (chart.from) {
        case "repository":
            return {
                from: "repository",
                repository: chart.repository,
                name: "cert-manager",
                version: CERT_MANAGER_VERSION,
            };
        case "folder":
            return { from: "folder", path: chart.path, name: "cert-manager" };
        default:
            return unknownCase(chart);
    }
}

function values(config: MeshConfig): Values {
    const { replicas, startupCheck, issuer } = config.certificates;
    const { namespace } = AWS_CLIENTS["cert-manager"];
    const image = (program: Parameters<typeof certManagerImage>[1]) => {
        const name = certManagerImage(config, program);
        const digest = pinOf(name, config);
        return { ...repositoryAndTag(mirrored(name, config)), ...(digest === undefined ? {} : { digest }) };
    };
    // With node pools, all other nodes are tainted, so the pods schedule onto system nodes without a selector. The
    // component could not set one, because it has another type for the chart's nodeSelector.
    const pods = {
        ...(hasPools(config) ? { tolerations: [...BEFORE_CNI] } : {}),
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    };
    return {
        // With the release, so that upgrades include CRDs; an uninstall keeps them, and with them every certificate.
        installCRDs: true,
        replicaCount: replicas,
        image: image("controller"),
        webhook: { replicaCount: replicas, image: image("webhook"), ...pods },
        cainjector: { replicaCount: replicas, image: image("cainjector"), ...pods },
        startupapicheck: {
            enabled: startupCheck,
            ...(startupCheck ? { image: image("startupapicheck") } : {}),
            ...pods,
        },
        // Leader election in this namespace: it needs no permissions in kube-system.
        global: { leaderElection: { namespace } },
        // By default it queries a domain's authoritative name servers for the challenge record, which no
        // NetworkPolicy could allow.
        ...(issuer.from === "acme" ? { extraArgs: ["--dns01-recursive-nameservers-only"] } : {}),
        ...pods,
    };
}

export const certManager: Concern = {
    name: "cert-manager",
    derive: deriveCertManager,
    flows: certManagerFlows,
};

/** cert-manager, which requests certificates from issuers and renews them. */
export class CertManager extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(certManager, platform, options);
    }
}
