package dev.engram.dual.tools;

import dev.engram.dual.Consolidation;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.Reading;
import dev.engram.dual.Retrieved;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * The seed's {@code store_experience(text)} and {@code query_memory(text, top_k)}: texts in a {@link LongTermMemory}. A text's value is
 * its raw vector. Its key, and a query, is the vector minus a centre, scaled to length √h, so that a score is √h·cosine +
 * λ·log(importance). Without a centre hidden states of any two texts point nearly the same way.
 */
public final class ExperienceStore {
    /**
     * A text that a query found.
     *
     * @param slot its place
     * @param texts the text, or several where consolidation merged them
     */
    public record Found(int slot, float score, List<String> texts) {}

    private final TextVectors vectors;
    private final LongTermMemory memory;
    private final float[] centre;
    private final List<List<String>> texts = new ArrayList<>();

    /**
     * Around an empty memory.
     *
     * @param memory as wide as the vectors
     * @param calibration texts of the kind that will be stored, whose mean vector is the centre; none for no centre
     */
    public ExperienceStore(TextVectors vectors, LongTermMemory memory, List<String> calibration) {
        if (memory.width() != vectors.width()) {
            throw new BadInputException("The memory's vectors have " + memory.width() + " numbers, but those of "
                    + vectors.name() + " have " + vectors.width() + "; make a memory of that width.");
        }
        if (memory.size() > 0) {
            throw new BadInputException("The memory already holds " + memory.size()
                    + " entries, whose texts are not known; give an empty one.");
        }
        this.vectors = vectors;
        this.memory = memory;
        centre = new float[vectors.width()];
        List<float[]> all = calibration.isEmpty() ? List.of() : vectors.of(calibration);
        for (float[] v : all) {
            for (int i = 0; i < centre.length; i++) {
                centre[i] += v[i] / all.size();
            }
        }
        for (int s = 0; s < memory.slots(); s++) {
            texts.add(List.of());
        }
    }

    /** Stores a text with importance 1 and returns its slot. */
    public int storeExperience(String text) {
        return storeExperiences(List.of(text), 1)[0];
    }

    /** Stores texts, which are read as one batch, and returns their slots. */
    public int[] storeExperiences(List<String> all, double importance) {
        List<float[]> raw = vectors.of(all);
        int[] slots = new int[all.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = memory.write(key(raw.get(i), all.get(i)), raw.get(i), importance);
            texts.set(slots[i], List.of(all.get(i)));
        }
        return slots;
    }

    /** The texts that are most like this one, best first; they count as used. */
    public List<Found> queryMemory(String text, int topK) {
        Retrieved found = memory.retrieve(key(vectors.of(List.of(text)).get(0), text), topK);
        List<Found> all = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            all.add(new Found(found.slots()[i], found.scores()[i], texts.get(found.slots()[i])));
        }
        return all;
    }

    /** {@link LongTermMemory#consolidate}; a slot then stands for all texts that it took in. */
    public Consolidation consolidateMemories(double threshold, Reading reading) {
        Consolidation did = memory.consolidate(threshold, reading);
        int[] target = did.target();
        for (int s = 0; s < target.length; s++) {
            if (target[s] >= 0 && target[s] != s) {
                List<String> joined = new ArrayList<>(texts.get(target[s]));
                joined.addAll(texts.get(s));
                texts.set(target[s], List.copyOf(joined));
                texts.set(s, List.of());
            }
        }
        return did;
    }

    public LongTermMemory memory() {
        return memory;
    }

    /** The key of a text, [h]. */
    public float[] key(String text) {
        return key(vectors.of(List.of(text)).get(0), text);
    }

    private float[] key(float[] raw, String text) {
        double squares = 0;
        for (int i = 0; i < raw.length; i++) {
            squares += (raw[i] - centre[i]) * (raw[i] - centre[i]);
        }
        if (!(squares > 0)) {
            throw new BadInputException("The text '" + text + "' has the vector of the centre, so it has no direction;"
                    + " give more calibration texts.");
        }
        float[] key = new float[raw.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = (float) ((raw[i] - centre[i]) * Math.sqrt(raw.length / squares));
        }
        return key;
    }
}
