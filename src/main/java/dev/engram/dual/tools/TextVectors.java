package dev.engram.dual.tools;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.dual.Lmcode;
import dev.engram.dual.MemoryState;
import dev.engram.model.BadInputException;
import dev.engram.model.Decoder;
import dev.engram.model.PooledStates;
import dev.engram.model.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** Texts as vectors of one width: what seed 004 leaves open where it stores and queries strings. */
public interface TextVectors {
    /** Which vector it is, for tables: for example {@code mean of layer 25}. */
    String name();

    /** Numbers of a vector. */
    int width();

    /** One raw vector a text, [width] each. */
    List<float[]> of(List<String> texts);

    /**
     * A decoder's hidden state after a layer, mean over the tokens without the first.
     *
     * @param layer how many layers have run, 1 to all
     */
    static TextVectors of(Decoder decoder, Tokenizer tokenizer, int layer) {
        PooledStates states = PooledStates.layerMean(decoder, layer);
        return new TextVectors() {
            @Override
            public String name() {
                return states.name();
            }

            @Override
            public int width() {
                return states.width();
            }

            @Override
            public List<float[]> of(List<String> texts) {
                return states.texts(tokenizer, texts);
            }
        };
    }

    /** The last hidden state of an LMCODE model before the norm, mean over all tokens, read with empty memories. */
    static TextVectors of(Lmcode model, Tokenizer tokenizer) {
        return new TextVectors() {
            @Override
            public String name() {
                return "mean of layer " + model.config().numLayers();
            }

            @Override
            public int width() {
                return model.config().hiddenSize();
            }

            @Override
            public List<float[]> of(List<String> texts) {
                return texts.stream()
                        .map(t -> mean(model, tokenizer.encode(t), t))
                        .toList();
            }
        };
    }

    private static float[] mean(Lmcode model, int[] ids, String text) {
        if (ids.length == 0) {
            throw new BadInputException("The text '" + text + "' has no tokens; give at least one word.");
        }
        int width = model.config().hiddenSize();
        double[] sum = new double[width];
        try (NDManager scope = model.newScope();
                MemoryState state = model.newState(1)) {
            for (int at = 0; at < ids.length; at += model.config().window()) {
                int[] segment = Arrays.copyOfRange(
                        ids, at, Math.min(ids.length, at + model.config().window()));
                NDArray hidden = model.forward(scope, new int[][] {segment}, state); // [1, tokens, h]
                float[] x = hidden.toFloatArray();
                for (int i = 0; i < x.length; i++) {
                    sum[i % width] += x[i];
                }
            }
        }
        float[] mean = new float[width];
        for (int i = 0; i < width; i++) {
            mean[i] = (float) (sum[i] / ids.length);
        }
        return mean;
    }
}
