package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.engine.Kernel;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Rows of the embedding table and the head that stand beside the tables, in f32, whatever the tables' number format: those of
 * tokens that were added to a vocabulary, or that are trained while the rest is frozen. An id below the model's vocabulary
 * replaces that row; ids from the vocabulary's size on extend it.
 *
 * @param tokens text of each token as the tokenizer writes it, such as {@code <recall>}
 * @param ids ascending
 * @param input [k, hidden] in place of embeddings
 * @param output [k, hidden] in place of the head's rows; the same array as {@code input} where embedding and head are tied
 */
public record TokenRows(List<String> tokens, int[] ids, NDArray input, NDArray output) {
    private static final String INPUT = "embedding";
    private static final String OUTPUT = "head";

    public TokenRows {
        tokens = List.copyOf(tokens);
        ids = ids.clone();
        if (ids.length == 0 || tokens.size() != ids.length) {
            throw new BadInputException(tokens.size() + " tokens were given with " + ids.length
                    + " ids; give one id for each token, and at least one.");
        }
        for (int i = 1; i < ids.length; i++) {
            if (ids[i] <= ids[i - 1]) {
                throw new BadInputException("The token ids " + Arrays.toString(ids) + " are not in ascending order;"
                        + " give each id once, the smallest first.");
            }
        }
    }

    /** The size of the vocabulary with these rows; rows that do not fit the model give a {@link BadInputException}. */
    public int vocab(LmConfig config) {
        for (NDArray rows : new NDArray[] {input, output}) {
            if (!rows.getShape().equals(new Shape(ids.length, config.hidden()))) {
                throw new BadInputException("The rows of " + ids.length + " tokens have the shape " + rows.getShape()
                        + ", but the model is " + config.hidden() + " wide; use rows made with this model.");
            }
        }
        if ((input == output) != config.tiedHead()) {
            throw new BadInputException("The model's embedding and head are "
                    + (config.tiedHead() ? "tied" : "separate") + ", but these token rows are not; use rows made with"
                    + " this model.");
        }
        if (ids[0] < 0) {
            throw new BadInputException("Token id " + ids[0] + " is negative; ids run from 0.");
        }
        int size = config.vocab();
        for (int id : ids) {
            if (id > size) {
                throw new BadInputException("Token id " + id + " leaves a hole after a vocabulary of " + size
                        + "; number added tokens from " + config.vocab() + " on.");
            }
            size = Math.max(size, id + 1);
        }
        return size;
    }

    /** How many of the rows replace one of the model's. */
    int replaced(LmConfig config) {
        return (int) Arrays.stream(ids).filter(id -> id < config.vocab()).count();
    }

    /** The ids as a tensor [k]. */
    NDArray idTensor(NDManager out) {
        return out.create(Arrays.stream(ids).asLongStream().toArray());
    }

    /** For each token [batch, tokens] the row that stands for it, −1 for none. */
    NDArray slots(NDManager out, int[][] text) {
        int[][] slots = new int[text.length][text[0].length];
        for (int r = 0; r < text.length; r++) {
            for (int t = 0; t < text[r].length; t++) {
                slots[r][t] = Math.max(-1, Arrays.binarySearch(ids, text[r][t]));
            }
        }
        return Kernel.ids(out, slots);
    }

    /** The ids with 0 for those that the model's own table does not have. */
    static int[][] withinTable(int[][] text, LmConfig config) {
        return Arrays.stream(text)
                .map(row -> Arrays.stream(row)
                        .map(id -> id < config.vocab() ? id : 0)
                        .toArray())
                .toArray(int[][]::new);
    }

    /** Writes one safetensors file, whole or not at all. */
    public void save(Path file) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < ids.length; i++) {
            writer.metadata(String.valueOf(ids[i]), tokens.get(i));
        }
        long[] shape = input.getShape().getShape();
        writer.add(INPUT, TensorType.F32, shape, input.toFloatArray());
        if (output != input) {
            writer.add(OUTPUT, TensorType.F32, shape, output.toFloatArray());
        }
        writer.write(file);
    }

    /** Reads what {@link #save} wrote; the arrays belong to the manager. */
    public static TokenRows load(NDManager manager, Path file) {
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            List<Integer> ids = new ArrayList<>();
            for (String key : stored.metadata().keySet()) {
                if (key.matches("\\d{1,9}")) {
                    ids.add(Integer.parseInt(key));
                }
            }
            ids.sort(null);
            Map<String, String> names = stored.metadata();
            NDArray input = array(manager, stored, INPUT, ids.size());
            NDArray output = stored.tensor(OUTPUT) == null ? input : array(manager, stored, OUTPUT, ids.size());
            return new TokenRows(
                    ids.stream().map(id -> names.get(String.valueOf(id))).toList(),
                    ids.stream().mapToInt(Integer::intValue).toArray(),
                    input,
                    output);
        }
    }

    private static NDArray array(NDManager manager, SafetensorsFile stored, String name, int rows) {
        StoredTensor t = stored.tensor(name);
        if (t == null || t.shape().length != 2 || t.shape()[0] != rows) {
            throw new BadInputException(stored.path() + " holds no rows of " + rows
                    + " tokens; give a file that was saved from token rows.");
        }
        float[] values = new float[Math.toIntExact(t.elements())];
        Dequantizer.toFloats(t, 0, values, 0, values.length);
        return manager.create(values, new Shape(t.shape()));
    }
}
