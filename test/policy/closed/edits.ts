/** Edits of prod's resources, and added resources, as in an attacker's pull request. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { fromYaml } from "../support/stacks";
import { changed, kindOf, meta, type Mutation, type Props } from "../mutations/model";
import { set } from "../mutations/opening/edit";

export type Stack = readonly EvaluatedResource[];

/** The resource of a kind with `namespace/name` (or name). */
export function find(stack: Stack, kind: string, key: string): EvaluatedResource {
    const resource = stack.find((resource) => {
        const { name, namespace } = meta(resource);
        const isKind = kindOf(resource) === kind || resource.type.endsWith(`:${kind}`);
        return isKind && (key === name || key === `${namespace}/${name}`);
    });
    if (resource === undefined) throw new Error(`prod has no ${kind} ${key}`);
    return resource;
}

/** Sets values at dotted paths; undefined removes. Keys with dots are written as lists of keys. */
export function edit(
    resource: EvaluatedResource,
    values: Readonly<Record<string, unknown>>,
    id = "",
): Mutation {
    return changed(id, resource, (properties) => {
        for (const [path, value] of Object.entries(values)) set(path, value)(properties);
    });
}

/** istiod's release with changed values. */
export function istiod(stack: Stack, values: Readonly<Record<string, unknown>>): Mutation {
    return edit(find(stack, "Release", "istio-system/istiod-1-31-1"), values);
}

export function annotated(
    resource: EvaluatedResource,
    annotations: Readonly<Record<string, string>>,
): Mutation {
    return changed("annotated", resource, (properties) => {
        (properties["metadata"] as Props)["annotations"] = { ...annotations };
    });
}

export function removedOf(stack: Stack, kind: string, ...keys: readonly string[]): Mutation {
    const removed = keys.map((key) => find(stack, kind, key));
    return {
        kind: "removed",
        target: keys.join(", "),
        names: keys,
        replace: new Map(removed.map((resource) => [resource.urn, undefined])),
    };
}

export function added(yaml: string): Mutation {
    const add = fromYaml(yaml).map(({ urn, type, name, props, provider }) => ({
        urn,
        type,
        name,
        properties: props as Record<string, unknown>,
        ...(provider === undefined
            ? {}
            : {
                  provider: {
                      type: "pulumi:providers:kubernetes",
                      name: "second",
                      urn: provider.urn,
                      properties: provider.props,
                  },
              }),
    }));
    const names = add.map((resource) => meta(resource).name);
    return { kind: "added", target: names.join(", "), names, replace: new Map(), add };
}

/** A Deployment like the others, with one pod annotation. */
export function podWith(annotation: string, value: string): Mutation {
    return added(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: annotated, namespace: sparc }
spec:
  selector: { matchLabels: { sparc.dev/service: annotated } }
  template:
    metadata: { labels: { sparc.dev/service: annotated }, annotations: { ${annotation}: ${JSON.stringify(value)} } }
    spec:
      serviceAccountName: annotated
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: app
          image: registry.example.com/app:1.0.0
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
          resources: { requests: { cpu: 10m, memory: 10Mi }, limits: { memory: 10Mi } }
`);
}
