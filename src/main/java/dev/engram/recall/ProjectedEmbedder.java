package dev.engram.recall;

import dev.engram.model.BadInputException;
import java.util.List;

/**
 * A sentence embedder whose vectors are taken to the model's width by a learned projector, as the seed's embedder needs wherever its
 * width is not the model's. The projector is fitted by ridge regression to another source's vectors of the same texts: P
 * minimises |E P − V|² + λ |P|² over the rows of E and V.
 */
public final class ProjectedEmbedder implements VectorSource {
    private final TextEmbedder embedder;
    /** [embedder width][width]. */
    private final double[][] projector;

    private ProjectedEmbedder(TextEmbedder embedder, double[][] projector) {
        this.embedder = embedder;
        this.projector = projector;
    }

    /**
     * Fits a projector.
     *
     * @param texts to fit on; more than a few hundred generalise
     * @param target vectors of the same texts, [width] each
     * @param lambda the ridge
     */
    public static ProjectedEmbedder fit(
            TextEmbedder embedder, List<String> texts, List<float[]> target, double lambda) {
        if (texts.size() != target.size() || texts.isEmpty() || !(lambda > 0)) {
            throw new BadInputException("The projector is to be fitted on " + texts.size() + " texts with "
                    + target.size() + " vectors and the ridge " + lambda
                    + "; give one vector for each text, at least one, and a positive ridge.");
        }
        int in = embedder.width();
        int out = target.get(0).length;
        double[][] gram = new double[in][in];
        double[][] right = new double[in][out];
        for (int t = 0; t < texts.size(); t++) {
            float[] e = embedder.embed(texts.get(t));
            for (int i = 0; i < in; i++) {
                if (e[i] != 0) {
                    for (int j = 0; j < in; j++) {
                        gram[i][j] += e[i] * e[j];
                    }
                    for (int j = 0; j < out; j++) {
                        right[i][j] += e[i] * target.get(t)[j];
                    }
                }
            }
        }
        for (int i = 0; i < in; i++) {
            gram[i][i] += lambda;
        }
        solve(gram, right);
        return new ProjectedEmbedder(embedder, right);
    }

    /** Solves A X = B in place for a symmetric positive definite A: B becomes X. */
    private static void solve(double[][] a, double[][] b) {
        int n = a.length;
        for (int p = 0; p < n; p++) {
            for (int r = p + 1; r < n; r++) {
                double f = a[r][p] / a[p][p];
                if (f != 0) {
                    for (int c = p; c < n; c++) {
                        a[r][c] -= f * a[p][c];
                    }
                    for (int c = 0; c < b[r].length; c++) {
                        b[r][c] -= f * b[p][c];
                    }
                }
            }
        }
        for (int p = n - 1; p >= 0; p--) {
            for (int c = 0; c < b[p].length; c++) {
                double sum = b[p][c];
                for (int k = p + 1; k < n; k++) {
                    sum -= a[p][k] * b[k][c];
                }
                b[p][c] = sum / a[p][p];
            }
        }
    }

    @Override
    public String name() {
        return "projected " + embedder.name();
    }

    @Override
    public int width() {
        return projector[0].length;
    }

    @Override
    public List<float[]> vectors(List<String> texts) {
        return texts.stream().map(this::vector).toList();
    }

    private float[] vector(String text) {
        float[] e = embedder.embed(text);
        float[] v = new float[width()];
        for (int i = 0; i < e.length; i++) {
            if (e[i] != 0) {
                for (int j = 0; j < v.length; j++) {
                    v[j] += (float) (e[i] * projector[i][j]);
                }
            }
        }
        return v;
    }
}
