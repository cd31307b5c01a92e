package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Positions.RopeScaling;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufCheckpointTest {

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3", "llama3"})
    void tensorsStandInHuggingFaceOrder(String name) {
        float[] all = Golden.values(name);
        int at = 0;
        try (Checkpoint c = GgufCheckpoint.open(Golden.gguf(name))) {
            for (String tensor : Golden.names(name)) {
                float[] values = Dequantizer.toFloats(c.tensor(tensor));
                assertArrayEquals(Arrays.copyOfRange(all, at, at + values.length), values, tensor);
                at += values.length;
            }
        }
        assertEquals(all.length, at);
    }

    @Test
    void configurationComesFromTheMetadata() {
        try (Checkpoint c = GgufCheckpoint.open(Golden.gguf("llama"))) {
            assertEquals(
                    new LmConfig(
                            LmConfig.Family.LLAMA,
                            2,
                            64,
                            4,
                            2,
                            16,
                            96,
                            40,
                            128,
                            1e-5,
                            Positions.rope(10000),
                            false,
                            false,
                            false),
                    c.config());
            assertEquals(2 * 9 + 3, c.names().size());
            assertEquals(Set.of(2), c.generationDefaults().eos());
            assertEquals(1, c.generationDefaults().bos().orElseThrow());
            assertTrue(c.generationDefaults().pad().isEmpty());
            assertEquals("{{ messages[0]['content'] }}", c.chatTemplate().orElseThrow());
            assertThrows(BadInputException.class, () -> c.tensor("model.layers.2.mlp.up_proj.weight"));
        }
    }

    @Test
    void familiesDifferInBiasAndNorms() {
        try (Checkpoint two = GgufCheckpoint.open(Golden.gguf("qwen2"));
                Checkpoint three = GgufCheckpoint.open(Golden.gguf("qwen3"))) {
            assertTrue(two.config().attentionBias());
            assertFalse(two.config().qkNorm());
            assertTrue(two.config().tiedHead());
            assertFalse(two.names().contains("lm_head.weight"));
            assertTrue(three.config().qkNorm());
            assertFalse(three.config().attentionBias());
        }
    }

    @Test
    void rotaryDivisorsBecomeLlama3Scaling() {
        try (Checkpoint c = GgufCheckpoint.open(Golden.gguf("llama3"))) {
            Positions.Rope rope = (Positions.Rope) c.config().positions();
            assertEquals(new RopeScaling(RopeScaling.Kind.LLAMA3, 8, 1, 4, 8192), rope.scaling());
        }
    }

    @Test
    void metadataKeepsItsTypes() {
        try (GgufFile f = GgufFile.open(Golden.gguf("types"))) {
            assertEquals(3, f.version());
            assertEquals("größe", f.metadata().get("engram.text"));
            assertEquals(List.of(1L, -2L, 3L), f.metadata().get("engram.numbers"));
        }
    }

    @Test
    void closedFilesRefuseToHandOutTensors() {
        Checkpoint c = GgufCheckpoint.open(Golden.gguf("llama"));
        c.close();
        c.close();
        assertThrows(IllegalStateException.class, () -> c.tensor("model.norm.weight"));
    }

    @Test
    @Tag("default-model")
    void theDefaultModelIsTheOneThatIsExpected() {
        try (Checkpoint c = ModelSource.open("default")) {
            assertEquals(
                    new LmConfig(
                            LmConfig.Family.LLAMA,
                            30,
                            576,
                            9,
                            3,
                            64,
                            1536,
                            49152,
                            8192,
                            1e-5,
                            Positions.rope(100000),
                            true,
                            false,
                            false),
                    c.config());
            assertEquals(134_515_008, c.config().parameters());
            assertEquals(272, c.names().size());
            assertEquals(1, c.generationDefaults().bos().orElseThrow());
            assertEquals(Set.of(2), c.generationDefaults().eos());
            assertTrue(c.chatTemplate().orElseThrow().contains("<|im_start|>"));
            TreeMap<TensorType, Integer> counts = new TreeMap<>();
            float[] values = new float[c.config().vocab() * c.config().hidden()];
            long elements = 0;
            double seconds = 0;
            double worst = 0;
            for (int round = 0; round < 3; round++) {
                long start = System.nanoTime();
                elements = 0;
                counts.clear();
                for (String name : c.names()) {
                    StoredTensor t = c.tensor(name);
                    counts.merge(t.type(), 1, Integer::sum);
                    Dequantizer.toFloats(t, 0, values, 0, (int) t.elements());
                    worst = Math.max(worst, Math.abs(values[(int) t.elements() / 2]));
                    elements += t.elements();
                }
                seconds = (System.nanoTime() - start) / 1e9;
            }
            System.out.printf("default model: %d values dequantised in %.3f s (third round)%n", elements, seconds);
            assertEquals(134_515_008, elements);
            assertEquals("{F32=61, Q4_1=210, Q8_0=1}", counts.toString());
            assertTrue(worst > 0 && worst < 1000);
        }
    }
}
