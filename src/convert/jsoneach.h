/*
 * jsoneach: yyjson's foreach over what may not be there: nothing, or a value of another kind, is an empty list. (yyjson's
 * own takes the address after a NULL before it finds that there is nothing to do.)
 *
 *   size_t i, n;
 *   yyjson_val *v;
 *   json_each_item(list, i, n, v)
 *       ...
 */
#ifndef PERBIT_CONVERT_JSONEACH_H
#define PERBIT_CONVERT_JSONEACH_H

#include <yyjson.h>

#define json_each_item(list, i, n, v)                                                                                \
    for ((i) = 0, (n) = yyjson_arr_size(list), (v) = (n) ? unsafe_yyjson_get_first(list) : NULL; (i) < (n);          \
         (i)++, (v) = unsafe_yyjson_get_next(v))

#define json_each_key(object, i, n, k, v)                                                                            \
    for ((i) = 0, (n) = yyjson_obj_size(object), (k) = (n) ? unsafe_yyjson_get_first(object) : NULL,                 \
        (v) = (n) ? (k) + 1 : NULL;                                                                                  \
         (i) < (n); (i)++, (k) = unsafe_yyjson_get_next(v), (v) = (k) + 1)

#endif
