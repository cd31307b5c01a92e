package dev.engram.retrieve;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Vectors that a test chooses. */
final class Fixed {
    private Fixed() {}

    /** An embedding model that knows these texts only. */
    static EmbeddingModel model(Map<String, float[]> vectors) {
        return new EmbeddingModel() {
            @Override
            public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
                return Response.from(segments.stream()
                        .map(s -> Embedding.from(vectors.get(s.text())))
                        .toList());
            }
        };
    }

    /** Vectors in clusters, as texts are. */
    static List<Embedding> clustered(int n, int width, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<float[]> centres = new ArrayList<>();
        for (int i = 0; i < Math.max(1, n / 20); i++) {
            centres.add(gaussian(random, width));
        }
        List<Embedding> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            float[] v = gaussian(random, width);
            float[] centre = centres.get(random.nextInt(centres.size()));
            for (int j = 0; j < width; j++) {
                v[j] = 0.7f * v[j] + centre[j];
            }
            all.add(Embedding.from(v));
        }
        return all;
    }

    private static float[] gaussian(SplittableRandom random, int width) {
        float[] v = new float[width];
        for (int j = 0; j < width; j++) {
            v[j] = (float) random.nextGaussian();
        }
        return v;
    }

    static List<String> ids(int from, int to) {
        return java.util.stream.IntStream.range(from, to).mapToObj(i -> "r" + i).toList();
    }

    static List<TextSegment> texts(int from, int to) {
        return java.util.stream.IntStream.range(from, to)
                .mapToObj(i -> TextSegment.from("text " + i))
                .toList();
    }
}
