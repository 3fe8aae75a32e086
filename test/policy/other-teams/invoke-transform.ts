/** A transform of invokes, which would change what lookups return. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

pulumi.runtime.registerInvokeTransform(() => undefined);
new k8s.core.v1.ConfigMap("map", { metadata: { name: "map", namespace: "shop" } });
