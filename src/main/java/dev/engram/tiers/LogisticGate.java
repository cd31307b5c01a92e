package dev.engram.tiers;

import dev.engram.model.BadInputException;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A trained gate: multinomial logistic regression on a text's embedding, with an L2 penalty on the weights (not on the intercepts),
 * fitted to its minimum by gradient descent with Nesterov's momentum.
 */
public final class LogisticGate implements Gate {
    private static final int CLASSES = Horizon.values().length;
    private static final int MOST_ROUNDS = 3000;

    private final EmbeddingModel model;
    /** [classes][width + 1], the intercept last. */
    private final double[][] weights;

    private LogisticGate(EmbeddingModel model, double[][] weights) {
        this.model = model;
        this.weights = weights;
    }

    /**
     * Fits the gate.
     *
     * @param penalty weight of half the squared norm of the weights, beside the mean loss; above 0
     */
    public static LogisticGate train(EmbeddingModel model, List<String> texts, List<Horizon> horizons, double penalty) {
        return new LogisticGate(model, fit(vectors(model, texts), horizons, penalty));
    }

    /** The weights alone, [classes][width + 1]. */
    static double[][] fit(float[][] x, List<Horizon> y, double penalty) {
        if (x.length == 0 || x.length != y.size()) {
            throw new BadInputException("The gate has " + x.length + " texts and " + y.size()
                    + " horizons; give one horizon for each text, and at least one.");
        }
        if (!(penalty > 0)) {
            throw new BadInputException("The penalty is " + penalty + "; give one above 0, such as 1e-3.");
        }
        int width = x[0].length;
        double[][] w = new double[CLASSES][width + 1];
        double[][] ahead = new double[CLASSES][width + 1];
        double rate = 1 / (0.5 * largestNorm(x) + penalty); // the loss's curvature is at most half of |x|^2
        for (int round = 1; round <= MOST_ROUNDS; round++) {
            double[][] g = gradient(ahead, x, y, penalty);
            double momentum = round / (round + 3.0);
            double size = 0;
            for (int c = 0; c < CLASSES; c++) {
                for (int j = 0; j <= width; j++) {
                    double next = ahead[c][j] - rate * g[c][j];
                    ahead[c][j] = next + momentum * (next - w[c][j]);
                    w[c][j] = next;
                    size = Math.max(size, Math.abs(g[c][j]));
                }
            }
            if (size < 1e-7) {
                break;
            }
        }
        return w;
    }

    private static double largestNorm(float[][] x) {
        double most = 0;
        for (float[] v : x) {
            double squares = 1; // the intercept's input
            for (float a : v) {
                squares += (double) a * a;
            }
            most = Math.max(most, squares);
        }
        return most;
    }

    /** Of the mean cross-entropy and the penalty. */
    static double[][] gradient(double[][] w, float[][] x, List<Horizon> y, double penalty) {
        int width = x[0].length;
        double[][] g = new double[CLASSES][width + 1];
        for (int i = 0; i < x.length; i++) {
            double[] p = probabilities(w, x[i]);
            for (int c = 0; c < CLASSES; c++) {
                double error = (p[c] - (y.get(i).ordinal() == c ? 1 : 0)) / x.length;
                for (int j = 0; j < width; j++) {
                    g[c][j] += error * x[i][j];
                }
                g[c][width] += error;
            }
        }
        for (int c = 0; c < CLASSES; c++) {
            for (int j = 0; j < width; j++) {
                g[c][j] += penalty * w[c][j];
            }
        }
        return g;
    }

    /** Softmax of the four scores, in the order of {@link Horizon}. */
    static double[] probabilities(double[][] w, float[] x) {
        double[] p = new double[CLASSES];
        for (int c = 0; c < CLASSES; c++) {
            p[c] = w[c][x.length];
            for (int j = 0; j < x.length; j++) {
                p[c] += w[c][j] * x[j];
            }
        }
        double top = Arrays.stream(p).max().orElseThrow();
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            p[c] = Math.exp(p[c] - top);
            sum += p[c];
        }
        for (int c = 0; c < CLASSES; c++) {
            p[c] /= sum;
        }
        return p;
    }

    private static float[][] vectors(EmbeddingModel model, List<String> texts) {
        List<TextSegment> segments = texts.stream().map(TextSegment::from).toList();
        return model.embedAll(segments).content().stream()
                .map(Embedding::vector)
                .toArray(float[][]::new);
    }

    /** Probabilities of none, short, mid and long. */
    public double[] probabilities(String text) {
        return probabilities(weights, vectors(model, List.of(text))[0]);
    }

    @Override
    public List<Horizon> classify(List<String> texts) {
        List<Horizon> out = new ArrayList<>();
        for (float[] x : vectors(model, texts)) {
            double[] p = probabilities(weights, x);
            int best = 0;
            for (int c = 1; c < CLASSES; c++) {
                best = p[c] > p[best] ? c : best;
            }
            out.add(Horizon.values()[best]);
        }
        return out;
    }
}
