/** Serves the rules to Pulumi's engine: `pulumi preview --policy-pack policy --policy-pack-config policy/config/prod.json`. */
import { PolicyPack } from "@pulumi/policy";
import { deserializeOnce } from "./core/resource-cache";
import { asPolicy } from "./core/sdk";
import { RULES } from "./rules";

deserializeOnce();
new PolicyPack("istio-closed-mesh", { enforcementLevel: "mandatory", policies: RULES.map(asPolicy) });
