/** The analyses of seed 003, sections 5.2 to 5.4, as measurements that end in rows. */
package dev.engram.explicit.analysis;
