import type { CertManagerArgs } from "@pulumi/kubernetes-cert-manager/certManager";
import type { MeshConfig } from "../../config/schema";
import { CERT_MANAGER_VERSION } from "../../config/versions";
import { AWS_CLIENTS } from "../base/aws-clients";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { certManagerImage, pinOf, repositoryAndTag } from "../base/images";
import type { Chart, Derived, Release } from "../base/manifest";
import type { Platform } from "../base/platform";
import { unknownCase } from "../../catalogue/never";

/**
 * The component hands on what it has a type for, and takes a key of its own that is left out for one that is to be left out,
 * whatever else says it: values are its arguments, and nothing but them.
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
        return { ...repositoryAndTag(name), ...(digest === undefined ? {} : { digest }) };
    };
    // Where nodes are of several kinds, all others are tainted: its pods come to the system's without being sent there. The
    // component could not send them, since it takes the chart's nodeSelector for another type.
    const pods = {
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    };
    return {
        // With the release, so that it upgrades them; an uninstall leaves them, and with them every certificate.
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
        // Leases of its own beside it: it needs no rights in kube-system.
        global: { leaderElection: { namespace } },
        // By default it asks a domain's own name servers whether a proof is there, which no NetworkPolicy could name.
        ...(issuer.from === "acme" ? { extraArgs: ["--dns01-recursive-nameservers-only"] } : {}),
        ...pods,
    };
}

export const certManager: Concern = { name: "cert-manager", derive: deriveCertManager };

/** cert-manager, which asks issuers for certificates and renews them. */
export class CertManager extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(certManager, platform, options);
    }
}
