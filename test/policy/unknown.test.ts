/** What only the update will know is said of the object that has it, and hides nothing of the others. */
import assert from "node:assert/strict";
import { plain } from "../../policy/core/read";
import { type EngineResource } from "../../policy/core/subject";
import { RULES } from "../../policy/rules";
import { findings, fromYaml } from "./support/stacks";

type Props = Record<string, unknown>;

/** `props` with what `path` leads to as the SDK's proxy shows an unknown value: it cannot be read. */
function withUnknown(props: Props, [key = "", ...rest]: readonly string[]): Props {
    const copy = (Array.isArray(props) ? [...(props as unknown[])] : { ...props }) as Props;
    if (rest.length > 0) {
        copy[key] = withUnknown(copy[key] as Props, rest);
        return copy;
    }
    Object.defineProperty(copy, key, {
        enumerable: true,
        get: () => {
            throw new Error("unknown");
        },
    });
    return copy;
}

function pathsOf(value: unknown, prefix: readonly string[] = []): readonly (readonly string[])[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [
        [...prefix, key],
        ...pathsOf(inner, [...prefix, key]),
    ]);
}

/** The same objects under other names in another namespace, each time with one field unknown. */
function doubtful(resources: readonly EngineResource[]): { field: string; resource: EngineResource }[] {
    return resources.flatMap((resource) => {
        const props = structuredClone(resource.props) as Props;
        const metadata = props["metadata"] as Props | undefined;
        if (metadata !== undefined) {
            metadata["name"] = `${String(metadata["name"])}-elsewhere`;
            if ("namespace" in metadata) metadata["namespace"] = "elsewhere";
        }
        const urn = `${resource.urn}-elsewhere`;
        return pathsOf(props)
            .filter(([key]) => key !== "apiVersion" && key !== "kind")
            .map((path) => ({
                field: path.join("."),
                resource: { ...resource, urn, props: plain(withUnknown(props, path), urn) },
            }));
    });
}

const CONFIG: Readonly<Record<string, object>> = {
    "delivery-gates": { critical: ["critical/payments"] },
};

/** The fields that say for whom an object is. AWS has no namespaces; a gateway's pods may be in any, where a stack has none. */
function whose(rule: string, { type, urn }: EngineResource): RegExp {
    if (type.startsWith("aws:")) return /./;
    if (rule === "injection-revisions") return /^metadata|^spec|namespace/;
    const mayBeAtGateway = rule === "access-exposed-hosts" && urn.includes("AuthorizationPolicy");
    const mayLeadOut = rule === "egress-through-gateway" && urn.includes("VirtualService");
    return mayBeAtGateway || mayLeadOut ? /namespace|^metadata$|^spec/ : /namespace|^metadata$/;
}

describe("what is known only during the update", () => {
    for (const rule of RULES) {
        it(`${rule.name}: hides nothing of the other objects, and stops nothing`, () => {
            const config = CONFIG[rule.name] ?? {};
            const stack = fromYaml(rule.examples.refused);
            const expected = findings(rule, stack, config).map(({ subject, wrong }) => [subject?.key, wrong]);
            for (const { field, resource } of doubtful(stack)) {
                const found = findings(rule, [resource, ...stack], config);
                const known = found.filter(({ unknown }) => unknown !== true);
                assert.deepEqual(
                    found.filter(({ wrong }) => wrong.includes("itself failed")),
                    [],
                );
                for (const [key, wrong] of expected) {
                    const stays = known.some((one) => one.subject?.key === key && one.wrong === wrong);
                    // Where it is unknown whose an object is, it may be the one that another lacks.
                    const mayBeIt =
                        whose(rule.name, resource).test(field) && found.some(({ unknown }) => unknown);
                    assert.ok(
                        stays || mayBeIt,
                        `${resource.urn}: ${field} unknown hides: ${String(key)}: ${String(wrong)}`,
                    );
                }
            }
        });
    }

    it("one label of a Namespace hides neither the others nor the rest of the stack", () => {
        const [namespace, policy] = fromYaml(`
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled, team: x } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: open, namespace: shop }
spec: { podSelector: {}, ingress: [{}] }
`) as [EngineResource, EngineResource];
        const props = withUnknown(namespace.props as Props, ["metadata", "labels", "team"]);
        const stack = [{ ...namespace, props: plain(props, namespace.urn) }, policy];
        const said = RULES.flatMap((rule) =>
            findings(rule, stack, {}).map(({ unknown }) => [rule.name, unknown]),
        );
        for (const name of ["access-deny-all", "network-deny-all", "network-narrow", "identity-mesh-strict"])
            assert.deepEqual(
                said.filter(([rule]) => rule === name),
                [[name, undefined]],
            );
        assert.ok(!said.some(([name]) => name === "injection-namespaces"));
    });

    it("an object whose namespace is unknown may be what a namespace lacks: that is said, and refuses nothing", () => {
        const [namespace, policy] = fromYaml(`
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`) as [EngineResource, EngineResource];
        const props = withUnknown(policy.props as Props, ["metadata", "namespace"]);
        const rule = RULES.find(({ name }) => name === "access-deny-all")!;
        const found = findings(rule, [namespace, { ...policy, props: plain(props, policy.urn) }]);
        assert.deepEqual(
            found.map(({ subject, unknown }) => [subject?.key, unknown]),
            [["Namespace/shop", true]],
        );
        assert.match(
            found[0]?.wrong ?? "",
            /^metadata\.namespace of x AuthorizationPolicy-shop-deny-all is known only/,
        );
    });

    it("a control plane whose values are unknown, and a mesh's ConfigMap that is no YAML, are findings of their own", () => {
        const namespace = fromYaml(
            "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }\n",
        );
        const values = withUnknown({ chart: "istiod", name: "istiod", namespace: "istio-system" }, [
            "values",
        ]);
        const urn = "urn:pulumi:test::test::kubernetes:helm.sh/v3:Release::istiod";
        const release = {
            urn,
            type: "kubernetes:helm.sh/v3:Release",
            name: "istiod",
            props: plain(values, urn),
        };
        const broken = fromYaml(
            'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: istio-x, namespace: shop }\ndata: { mesh: "a: [b" }\n',
        );
        const said = (rule: string, stack: readonly EngineResource[]): (string | undefined)[][] =>
            findings(
                RULES.find(({ name }) => name === rule)!,
                stack,
            ).map(({ subject, wrong, unknown }) => [subject?.key, unknown === true ? "advice" : wrong]);
        assert.deepEqual(said("egress-registry-only", [release, ...namespace]), [
            ["istio-system/Release/istiod", "advice"],
        ]);
        assert.ok(said("access-deny-all", [release, ...namespace]).some(([key]) => key === "Namespace/shop"));
        const [[key, wrong]] = said("egress-registry-only", broken) as [[string, string]];
        assert.equal(key, "shop/ConfigMap/istio-x");
        assert.match(wrong, /^data\.mesh cannot be read: .+, so nothing of it can be judged$/);
        assert.ok(
            said("access-deny-all", [...broken, ...namespace]).some(([name]) => name === "Namespace/shop"),
        );
    });
});
