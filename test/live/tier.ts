/**
 * The live tests have two tiers. The core tier tests each behavior once, and runs in CI. The full tier adds slow tests: firing
 * alerts, the rotation of the mesh root CA, upgrades, more kills and more releases. `full.ts` selects it.
 */
let full = false;

export function selectFullTier(): void {
    full = true;
}

export function isFullTier(): boolean {
    return full;
}
