package dev.engram.forget;

import dev.engram.model.Generation;
import java.util.List;

/**
 * What a generation returned, and what was forgotten meanwhile.
 *
 * @param generation the text, its ids and times
 * @param mode baseline or memory_enhanced
 * @param policy name of the policy; full in mode baseline
 * @param cacheDeletionPercentage deleted entries, each one slot of one layer, per hundred of (prompt + generated tokens) ×
 *     layers: the definition of seed 000's code. The last token, which is never cached, is in the denominator
 * @param bytesHeld buffers of the cache at the end, room for the next tokens included
 * @param bytesPeak the most they held after a pass, before the policy's turn
 * @param bytesFull what the full cache would hold at the end
 * @param layerLengths slots of each layer at the end
 * @param deletions what was deleted, in order
 * @param attention where each layer looked; empty unless asked for
 * @param policySeconds wall time in the policy and in deleting
 */
public record ForgettingResult(
        Generation generation,
        GenerationMode mode,
        String policy,
        double cacheDeletionPercentage,
        long bytesHeld,
        long bytesPeak,
        long bytesFull,
        List<Integer> layerLengths,
        List<Deletion> deletions,
        List<LayerAttention> attention,
        double policySeconds) {

    public String generatedText() {
        return generation.text();
    }

    public int numTokens() {
        return generation.numTokens();
    }

    /** Wall time of the whole generation, prompt included, in seconds. */
    public double generationTime() {
        return generation.seconds();
    }

    /** Slots of the shortest layer. */
    public int minLength() {
        return layerLengths.stream().mapToInt(Integer::intValue).min().orElse(0);
    }

    public double meanLength() {
        return layerLengths.stream().mapToInt(Integer::intValue).average().orElse(0);
    }

    /** Slots of the longest layer. */
    public int maxLength() {
        return layerLengths.stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    /** Deleted entries, each one slot of one layer. */
    public long deletedEntries() {
        return entries(deletions);
    }

    static long entries(List<Deletion> deletions) {
        return deletions.stream().mapToLong(Deletion::slots).sum();
    }
}
