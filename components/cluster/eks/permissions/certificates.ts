import type * as pulumi from "@pulumi/pulumi";
import { type Document, documentOf } from "./document";

/** Permissions of cert-manager for DNS-01 challenges: it writes `_acme-challenge` records in one zone. */
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
        // Finds the zone by name. The API has no narrower permission.
        { Effect: "Allow", Action: ["route53:ListHostedZonesByName"], Resource: "*" },
    );
}
