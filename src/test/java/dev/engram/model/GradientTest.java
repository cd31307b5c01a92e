package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.HfFolder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients through the decoder equal torch's: all parameters. */
class GradientTest {
    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3"})
    void allParameters(String name) {
        Golden golden = Golden.gradients(name);
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve(name));
                TrainableDecoder decoder =
                        new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, false);
                NDManager step = decoder.newScope()) {
            decoder.parameters().values().forEach(p -> p.setRequiresGradient(true));
            int[] input = golden.ids("input_ids")[0];
            int[][] labels = golden.ids("labels");
            int[][] shifted = new int[1][input.length];
            System.arraycopy(labels[0], 1, shifted[0], 0, input.length - 1);
            shifted[0][input.length - 1] = -100;
            try (Tape tape = Tape.open()) {
                NDArray x = decoder.embed(step, new int[][] {input});
                NDArray logits = decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()));
                NDArray loss = decoder.crossEntropy(step, logits, shifted);
                assertEquals(golden.floats("loss")[0], loss.getFloat(), 1e-5);
                tape.backward(loss);
            }
            decoder.parameters().forEach((parameter, array) -> {
                try (NDArray gradient = array.getGradient()) {
                    double error = Golden.relativeRms(gradient.toFloatArray(), golden.floats("grad." + parameter));
                    assertTrue(error <= 1e-5, parameter + ": " + error);
                }
            });
        }
    }
}
