/**
 * The live tests have two tiers. The core tests each behavior once, and runs in CI. The full tier adds what takes long: alerts
 * that fire, the mesh root's rotation, upgrades, more kills and more releases. `full.ts` selects it.
 */
let full = false;

export function selectFullTier(): void {
    full = true;
}

export function isFullTier(): boolean {
    return full;
}
