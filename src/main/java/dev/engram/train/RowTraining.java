package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.LayerNames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chosen rows of the embedding and the head that learn while the tables are frozen: added tokens, or some of the model's own.
 * This is what the masked gradient of a special token does, without a gradient as large as the table.
 */
public final class RowTraining implements Trainables {
    private final NDManager manager;
    private final TokenRows rows;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();

    /**
     * One token whose row learns.
     *
     * @param text as the tokenizer writes it
     * @param id in the vocabulary, or the next free one
     * @param like ids whose rows' mean is the first value; the token's own id alone for one that stays as it is
     */
    public record Token(String text, int id, int... like) {}

    /**
     * Rows that begin as means of others.
     *
     * @param tokens in any order
     */
    public RowTraining(TrainableDecoder decoder, List<Token> tokens) {
        this(decoder.newScope(), decoder, tokens);
    }

    private RowTraining(NDManager manager, TrainableDecoder decoder, List<Token> tokens) {
        this(manager, decoder, first(manager, decoder, tokens));
    }

    /** Goes on from rows that were saved; their arrays stay the caller's. */
    public RowTraining(TrainableDecoder decoder, TokenRows saved) {
        this(decoder.newScope(), decoder, saved);
    }

    private RowTraining(NDManager manager, TrainableDecoder decoder, TokenRows rows) {
        this.manager = manager;
        this.rows = rows;
        rows.vocab(decoder.config());
        parameters.put("token_rows.embedding", rows.input());
        if (rows.output() != rows.input()) {
            parameters.put("token_rows.head", rows.output());
        }
        parameters.values().forEach(p -> p.setRequiresGradient(true));
    }

    private static TokenRows first(NDManager manager, TrainableDecoder decoder, List<Token> tokens) {
        List<Token> sorted = new ArrayList<>(tokens);
        sorted.sort((a, b) -> Integer.compare(a.id(), b.id()));
        NDArray input = means(manager, decoder, sorted, LayerNames.EMBEDDING);
        NDArray output = decoder.config().tiedHead() ? input : means(manager, decoder, sorted, LayerNames.HEAD);
        return new TokenRows(
                sorted.stream().map(Token::text).toList(),
                sorted.stream().mapToInt(Token::id).toArray(),
                input,
                output);
    }

    private static NDArray means(NDManager manager, TrainableDecoder decoder, List<Token> tokens, String table) {
        int width = decoder.config().hidden();
        float[] values = new float[tokens.size() * width];
        for (int i = 0; i < tokens.size(); i++) {
            int[] like = tokens.get(i).like();
            for (int id : like) {
                if (id < 0 || id >= decoder.config().vocab()) {
                    throw new BadInputException("Token " + tokens.get(i).text() + " is to begin like token id " + id
                            + ", which is outside the model's vocabulary of "
                            + decoder.config().vocab() + ".");
                }
            }
            if (like.length == 0) {
                throw new BadInputException("Token " + tokens.get(i).text()
                        + " has no token to begin like; name at least one, such as a related word.");
            }
            try (NDManager scope = manager.newSubManager();
                    Kernel kernel = Kernel.open(scope, "/dev/engram/train/rows.py")) {
                NDArray ids = Kernel.ids(scope, new int[][] {like});
                float[] mean = kernel.one(
                                scope, "mean_row", decoder.parameters().get(table), ids)
                        .toFloatArray();
                System.arraycopy(mean, 0, values, i * width, width);
            }
        }
        return manager.create(values, new Shape(tokens.size(), width));
    }

    /** The rows, for training and inference; they live as long as this. */
    public TokenRows rows() {
        return rows;
    }

    @Override
    public NDManager manager() {
        return manager;
    }

    @Override
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public void close() {
        parameters.values().forEach(p -> p.setRequiresGradient(false));
        manager.close();
    }
}
