package dev.engram.dual;

/**
 * What one layer's memories did in the last pass.
 *
 * @param layer from 0
 * @param updateGate mean of the short-term update gate z; NaN where it did not act
 * @param updateSaturated share of z below 0.05 or above 0.95
 * @param readGate mean of the gate on what the long-term memory gave; NaN where nothing was retrieved
 * @param readSaturated share of it below 0.05 or above 0.95
 * @param retrieved slots retrieved per token, mean
 * @param slotsUsed slots in use per row, mean
 */
public record LayerTrace(
        int layer,
        double updateGate,
        double updateSaturated,
        double readGate,
        double readSaturated,
        double retrieved,
        double slotsUsed) {

    static LayerTrace none(int layer) {
        return new LayerTrace(layer, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, 0);
    }

    LayerTrace withUpdate(float[] meanAndSaturated) {
        return new LayerTrace(
                layer, meanAndSaturated[0], meanAndSaturated[1], readGate, readSaturated, retrieved, slotsUsed);
    }

    LayerTrace withRead(float meanGate, float saturated, double slotsPerToken, double used) {
        return new LayerTrace(layer, updateGate, updateSaturated, meanGate, saturated, slotsPerToken, used);
    }
}
