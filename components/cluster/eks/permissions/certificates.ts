import type * as pulumi from "@pulumi/pulumi";
import { type Document, documentOf } from "./document";

/** What cert-manager does to prove that a name is ours: it writes `_acme-challenge` records of one zone, and no others. */
export function certificatesDocument(zoneArn: pulumi.Input<string>): Document {
    return documentOf(
        { Effect: "Allow", Action: ["route53:GetChange"], Resource: "arn:aws:route53:::change/*" },
        {
            Effect: "Allow",
            Action: ["route53:ChangeResourceRecordSets"],
            Resource: zoneArn,
            Condition: {
                "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": "TXT" },
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": "_acme-challenge.*",
                },
            },
        },
        { Effect: "Allow", Action: ["route53:ListResourceRecordSets"], Resource: zoneArn },
        // By name it finds the zone; there is no narrower way to ask.
        { Effect: "Allow", Action: ["route53:ListHostedZonesByName"], Resource: "*" },
    );
}
