/** A transform that throws. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

pulumi.runtime.registerResourceTransform(({ type }) => {
    if (type === "kubernetes:core/v1:ConfigMap") throw new Error("not like this");
    return undefined;
});
new k8s.core.v1.ConfigMap("map", { metadata: { name: "map", namespace: "shop" } });
