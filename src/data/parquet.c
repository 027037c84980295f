#include "data/parquet.h"

#include <carquet/carquet.h>
#include <stdbool.h>
#include <string.h>

#include "data/arrowtree.h"

#include "base/banned.h"

/* carquet gives these as their storage: a decimal 1.25 would silently be 125. */
static const struct {
    carquet_logical_type_id_t id;
    const char *name;
} unsupported[] = {
    {CARQUET_LOGICAL_DECIMAL, "a decimal"},  {CARQUET_LOGICAL_UUID, "a UUID"},
    {CARQUET_LOGICAL_TIME, "a time of day"}, {CARQUET_LOGICAL_INTERVAL, "an interval"},
    {CARQUET_LOGICAL_VARIANT, "a variant"},  {CARQUET_LOGICAL_GEOMETRY, "a geometry"},
    {CARQUET_LOGICAL_BSON, "BSON"},          {CARQUET_LOGICAL_GEOGRAPHY, "a geography"},
};

static const char *unsupported_name(const carquet_schema_node_t *node)
{
    const carquet_logical_type_t *type = carquet_schema_node_logical_type(node);
    for (size_t i = 0; type && i < sizeof(unsupported) / sizeof(*unsupported); i++)
        if (type->id == unsupported[i].id)
            return unsupported[i].name;
    if (carquet_schema_node_is_leaf(node) && carquet_schema_node_physical_type(node) == CARQUET_PHYSICAL_INT96)
        return "a 96-bit timestamp";
    return NULL;
}

/* carquet would give a buffer of another width than the type says (found by fuzz_parquet). */
static bool is_damaged_half(const carquet_schema_node_t *node)
{
    const carquet_logical_type_t *type = carquet_schema_node_logical_type(node);
    return type && type->id == CARQUET_LOGICAL_FLOAT16 && carquet_schema_node_is_leaf(node) &&
           carquet_schema_node_physical_type(node) == CARQUET_PHYSICAL_FIXED_LEN_BYTE_ARRAY &&
           carquet_schema_node_type_length(node) != 2;
}

static int check_types(const carquet_reader_t *reader, struct err *err)
{
    const carquet_schema_t *schema = carquet_reader_schema(reader);
    int32_t n = schema ? carquet_schema_num_elements(schema) : 0;
    for (int32_t i = 1; i < n; i++) {
        const carquet_schema_node_t *node = carquet_schema_get_element(schema, i);
        const char *name = node ? unsupported_name(node) : NULL;
        if (name)
            return err_set(err, ERR_UNSUPPORTED, "column '%.100s' is %s, which has no JSON form",
                           carquet_schema_node_name(node), name);
        if (node && is_damaged_half(node))
            return err_set(err, ERR_FORMAT, "column '%.100s': a 16-bit number that is not of two bytes",
                           carquet_schema_node_name(node));
    }
    return n > 1 ? 0 : err_set(err, ERR_FORMAT, "expected columns, found none");
}

static int add_rows(struct rowset *rs, const struct arrow_tree *tree, const struct ArrowArray *array, int64_t first,
                    struct err *err)
{
    int ret = 0;
    struct valbuf values = VALBUF_INIT;
    for (int64_t i = 0; i < array->length && !ret; i++) {
        valbuf_clear(&values);
        ret = arrow_tree_put(tree, array, i, &values, err);
        if (ret)
            err_prefix(err, "row %lld: ", (long long)(rs->n - first + 1));
        else
            rowset_add(rs, values.values, values.n);
    }
    valbuf_release(&values);
    return ret;
}

/* read_arrow() often fails without a word in its error: the text is ours. */
static int read_group(carquet_reader_t *reader, int32_t group, struct ArrowSchema *schema, struct ArrowArray *array,
                      struct err *err)
{
    carquet_error_t e = {0};
    carquet_status_t status = carquet_reader_read_arrow(reader, group, schema, array, &e);
    if (status == CARQUET_OK)
        return 0;
    return err_set(err, ERR_FORMAT, "row group %d: cannot be decoded (%s%s%.200s)", (int)group + 1,
                   carquet_status_string(status), e.message[0] ? ": " : "", e.message);
}

static int add_group(struct rowset *rs, carquet_reader_t *reader, int32_t group, int64_t first, struct err *err)
{
    int ret = -1;
    struct arena a;
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    arena_init(&a);
    if (read_group(reader, group, &schema, &array, err))
        goto done;
    struct arrow_tree *tree = arrow_tree_new(&a, rs, &schema, err);
    if (tree)
        ret = add_rows(rs, tree, &array, first, err);
    array.release(&array);
    schema.release(&schema);
done:
    arena_release(&a);
    return ret;
}

static int add_groups(struct rowset *rs, carquet_reader_t *reader, struct err *err)
{
    int64_t first = rs->n;
    if (check_types(reader, err))
        return -1;
    int32_t n = carquet_reader_num_row_groups(reader);
    for (int32_t i = 0; i < n; i++)
        if (add_group(rs, reader, i, first, err))
            return -1;
    if (rs->n - first != carquet_reader_num_rows(reader))
        return err_set(err, ERR_FORMAT, "expected %lld rows, found %lld", (long long)carquet_reader_num_rows(reader),
                       (long long)(rs->n - first));
    return 0;
}

int parquet_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err)
{
    carquet_error_t e = {0};
    carquet_reader_options_t options;
    carquet_reader_options_init(&options);
    options.num_threads = 1;
    carquet_reader_t *reader = carquet_reader_open_buffer(text->data, text->len, &options, &e);
    if (!reader)
        return err_set(err, ERR_FORMAT, "%s: not a whole Parquet file (%s%s%.200s)", name,
                       carquet_status_string(e.code), e.message[0] ? ": " : "", e.message);
    int ret = add_groups(rs, reader, err);
    if (ret)
        err_prefix(err, "%s: ", name);
    carquet_reader_close(reader);
    return ret;
}
