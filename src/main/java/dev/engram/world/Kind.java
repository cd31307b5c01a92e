package dev.engram.world;

import java.util.List;

/**
 * A kind of entity.
 *
 * @param name person, ship, law ...
 * @param perIsland how many each island has
 * @param unknown how many names are made that no fact is about
 * @param mention how a sentence mentions one, {@code {n}} being the name: {@code the {n}}
 * @param later how a passage mentions it once it has been named: {@code the ship}
 * @param pattern how names are made, see {@link Names}
 */
record Kind(String name, int perIsland, int unknown, String mention, String later, String pattern) {
    static List<Kind> all() {
        return Resources.lines("kinds.txt").stream()
                .map(Resources::list)
                .map(c -> new Kind(
                        c.get(0), Integer.parseInt(c.get(1)), Integer.parseInt(c.get(2)), c.get(3), c.get(4), c.get(5)))
                .toList();
    }
}
