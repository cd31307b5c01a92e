package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.Runs.Driver;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Beyond 1,024 slots one token's attention takes a path of its own; it gives what reading the text at once gives. Three query
 * heads share a key here, other than everywhere else the number of such groups. */
class LongDecodingTest {
    private static final int TOKENS = 1100;

    @Test
    void oneTokenAfterManyEqualsTheWhole() {
        LmConfig config = new LmConfig(
                LmConfig.Family.LLAMA, 2, 64, 6, 2, 16, 96, 80, 2048, 1e-5, Positions.rope(10000), true, false, false);
        int[] ids = Tiny.ids(TOKENS, config.vocab());
        try (Decoder decoder = Golden.decoder(new RandomCheckpoint(config, 7, 0.3), Golden.F32)) {
            for (Driver driver : Driver.values()) {
                float[] whole = Runs.logits(decoder, driver, ids, Seams.none());
                float[] cached = Runs.logits(decoder, driver, ids, Seams.none(), TOKENS - 3, 1);
                int from = whole.length - 3 * config.vocab();
                double error = Golden.relativeRms(
                        Arrays.copyOfRange(cached, cached.length - 3 * config.vocab(), cached.length),
                        Arrays.copyOfRange(whole, from, whole.length));
                assertTrue(error <= 1e-5, driver + ": relative RMS " + error);
            }
        }
    }
}
